import type { GroupMember, GroupState } from '../core/index.js';
import type { Database } from './database.js';
import { positionOf } from './native-position.js';
import type { TableNames } from './table-names.js';

interface StateRow {
  readonly group_name: string;
  readonly consumers: string;
  readonly delivered: string;
  readonly lag: string;
  readonly oldest_waiting: string | null;
  readonly pending: string;
  readonly oldest_pending: string | null;
  readonly retrying: string;
  readonly letters: string;
  readonly parked: string;
  readonly members: readonly GroupMember[] | null;
}

/** How groups of a stream stand: all of them, or the one that is named. */
export async function groupStates(
  database: Database,
  t: TableNames,
  stream: string,
  group: string | null,
): Promise<readonly GroupState[]> {
  const rows = await database.run<StateRow>(statement(t), [stream, group]);
  return rows.map(stateOf);
}

// Pending is what was handed out and is not done, and what was redriven; what nobody was handed yet lags.
function statement({ slots, events, pasts, letters, parked, members }: TableNames): string {
  const ms = (time: string) => `floor(extract(epoch FROM min(${time})) * 1000)::text`;
  const open = `e.position > s.checkpoint AND e.position <= s.delivered AND NOT e.position = ANY (s.done)`;
  const of = (table: string, alias: string) =>
    `${table} ${alias} WHERE ${alias}.stream = $1 AND ${alias}.group_name = g.group_name`;
  return `SELECT g.group_name, g.delivered::text AS delivered, c.members, w.lag, w.oldest_waiting, o.pending, o.oldest_pending,
    (SELECT count(*)::text FROM ${of(members, 'm')} AND m.until > clock_timestamp()) AS consumers,
    (SELECT count(*)::text FROM ${of(pasts, 'p')} AND p.failures > 0) AS retrying,
    (SELECT count(*)::text FROM ${of(letters, 'l')}) AS letters,
    (SELECT count(*)::text FROM ${of(parked, 'k')}) AS parked
  FROM (
    SELECT s.group_name, max(s.delivered) AS delivered FROM ${slots} s
    WHERE s.stream = $1 AND ($2::text IS NULL OR s.group_name = $2) GROUP BY s.group_name
  ) g CROSS JOIN LATERAL (
    SELECT count(*)::text AS lag, ${ms('e.appended_at')} AS oldest_waiting FROM ${slots} s
    JOIN ${events} e ON e.stream = $1 AND e.slot = s.slot AND e.position > s.delivered
    WHERE s.stream = $1 AND s.group_name = g.group_name
  ) w CROSS JOIN LATERAL (
    SELECT count(*)::text AS pending, ${ms('both_kinds.appended_at')} AS oldest_pending FROM (
      SELECT e.position, e.appended_at FROM ${slots} s JOIN ${events} e ON e.stream = $1 AND e.slot = s.slot AND ${open}
      WHERE s.stream = $1 AND s.group_name = g.group_name
      UNION
      SELECT e.position, e.appended_at FROM ${pasts} p JOIN ${events} e ON e.position = p.position
      WHERE p.stream = $1 AND p.group_name = g.group_name AND p.redriven
    ) both_kinds
  ) o CROSS JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('name', m.consumer, 'partitions', h.slots, 'pending', h.pending)
      ORDER BY m.consumer) AS members
    FROM ${members} m CROSS JOIN LATERAL (
      SELECT coalesce(jsonb_agg(s.slot ORDER BY s.slot), '[]') AS slots, coalesce(sum((
        SELECT count(*) FROM ${events} e WHERE e.stream = $1 AND e.slot = s.slot AND ${open}
      )), 0) AS pending
      FROM ${slots} s WHERE s.stream = $1 AND s.group_name = g.group_name AND s.owner = m.consumer
    ) h WHERE m.stream = $1 AND m.group_name = g.group_name AND m.until > clock_timestamp()
  ) c ORDER BY g.group_name`;
}

function stateOf(row: StateRow): GroupState {
  return {
    group: row.group_name,
    consumers: Number(row.consumers),
    pending: Number(row.pending),
    lag: Number(row.lag),
    ...(row.oldest_waiting !== null && { oldestWaitingAt: Number(row.oldest_waiting) }),
    ...(row.oldest_pending !== null && { oldestPendingAt: Number(row.oldest_pending) }),
    retrying: Number(row.retrying),
    deadLetters: Number(row.letters),
    parkedKeys: Number(row.parked),
    members: row.members ?? [],
    delivered: row.delivered === '0' ? [] : [positionOf(row.delivered)],
  };
}
