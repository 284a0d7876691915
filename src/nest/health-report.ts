import type { GroupReport } from './group-report.js';
import type { HealthProblem } from './health-problem.js';

/** How a connection stands: `down` is worth a restart, `degraded` is worth a look. */
export interface HealthReport {
  readonly status: 'up' | 'degraded' | 'down';
  readonly problems: readonly HealthProblem[];
  /** The groups that this process reads, as the server sees them; empty while it does not answer. */
  readonly groups: readonly GroupReport[];
}

/** Makes a report: it is as bad as its worst problem. */
export function healthReport(problems: readonly HealthProblem[], groups: readonly GroupReport[]): HealthReport {
  const isDown = problems.some(({ status }) => status === 'down');
  return { status: isDown ? 'down' : problems.length > 0 ? 'degraded' : 'up', problems, groups };
}
