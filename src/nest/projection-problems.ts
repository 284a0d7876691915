import { describeError } from '../core/index.js';
import type { ProjectionRunner, ProjectionState } from '../projections/index.js';
import type { HealthProblem } from './health-problem.js';

/** What is wrong with projections of this process: one that failed is down, one that waits for a server degraded. */
export async function projectionProblems(runners: readonly ProjectionRunner[]): Promise<readonly HealthProblem[]> {
  const problems = runners.map(async (runner): Promise<readonly HealthProblem[]> => {
    const of = runner.name;
    try {
      return problemsOf(await runner.state());
    } catch (error) {
      const message = `the projection ${of} cannot be asked: ${describeError(error)}`;
      return [{ status: 'degraded', kind: 'projection', of, message }];
    }
  });
  return (await Promise.all(problems)).flat();
}

function problemsOf({ name: of, status, error }: ProjectionState): readonly HealthProblem[] {
  const kind = 'projection';
  if (status === 'failed') {
    return [{ status: 'down', kind, of, message: `the projection ${of} has failed and follows no more` }];
  }
  if (status !== 'waiting') return [];
  return [{ status: 'degraded', kind, of, message: `the projection ${of} waits: ${describeError(error)}` }];
}
