import { describeError, type Relay, type RelayState } from '../core/index.js';
import type { HealthProblem } from './health-problem.js';

/** What is wrong with relays and bridges of this process: one that failed is down, one that waits for a server degraded. */
export function relayProblems(relays: readonly Relay[]): readonly HealthProblem[] {
  return relays.flatMap(({ state }) => problemsOf(state));
}

function problemsOf({ stream, group, status, error }: RelayState): readonly HealthProblem[] {
  const of = `${stream.contract}:${group}`;
  if (status === 'failed') {
    const message = `the relay ${of} has failed and relays no more: ${describeError(error)}`;
    return [{ status: 'down', kind: 'relay', of, message }];
  }
  if (status !== 'waiting') return [];
  return [{ status: 'degraded', kind: 'relay', of, message: `the relay ${of} waits: ${describeError(error)}` }];
}
