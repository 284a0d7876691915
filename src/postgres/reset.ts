import { checkedTarget, noSuchGroup, noSuchPosition, type ResetTarget } from '../core/index.js';
import type { Database } from './database.js';
import { numberOf, reachOf } from './native-position.js';
import type { TableNames } from './table-names.js';

interface Standing {
  /** The last position that was drawn. */
  readonly last: string;
  readonly now_ms: string;
  readonly known: boolean;
}

/**
 * Moves a group, all slots by one statement. Their epoch is another one then: whoever holds a slot holds it no more.
 *
 * @throws BackboneError `EB_ARGUMENT` for a group, a position or a time that there is not; nothing was changed then.
 */
export async function resetGroup(
  database: Database,
  t: TableNames,
  { stream, group, to }: { readonly stream: string; readonly group: string; readonly to: ResetTarget },
): Promise<void> {
  const [standing] = await database.run<Standing>(
    `SELECT last::text AS last, floor(extract(epoch FROM clock_timestamp()) * 1000)::text AS now_ms,
       EXISTS (SELECT FROM ${t.slots} s WHERE s.stream = $1 AND s.group_name = $2) AS known FROM ${t.sample}()`,
    [stream, group],
  );
  if (!standing?.known) throw noSuchGroup(group);
  const { end, after, timeMs } = checkedTarget(to, Number(standing.now_ms));
  const beyond = after?.find((position) => numberOf(position) > BigInt(standing.last));
  if (beyond) throw noSuchPosition(beyond);
  const reach = end === 'end' ? null : String(reachOf(after ?? []));
  await database.run(statement(t), [stream, group, reach, timeMs ?? null]);
}

// What was redriven and is not settled lies below the checkpoint. What a reset has passed over was not handed to anybody.
function statement({ slots, events, pasts, parked, sample }: TableNames): string {
  const finished = `least(s.checkpoint, (
      SELECT min(p.position) - 1 FROM ${pasts} p
      WHERE p.stream = $1 AND p.group_name = $2 AND p.slot = s.slot AND p.redriven
    ))`;
  return `WITH goal AS MATERIALIZED (
      SELECT CASE WHEN $4::float8 IS NULL THEN coalesce($3::bigint, last) ELSE coalesce((
        SELECT min(f.position) - 1 FROM (
          SELECT e.position FROM ${events} e
          WHERE e.stream = $1 AND e.appended_at >= to_timestamp($4::float8 / 1000.0) OFFSET 0
        ) f
      ), last) END AS at FROM ${sample}()
    ), forgotten AS (
      DELETE FROM ${pasts} WHERE stream = $1 AND group_name = $2
    ), unparked AS (
      DELETE FROM ${parked} WHERE stream = $1 AND group_name = $2
    )
    UPDATE ${slots} s SET
      replays = CASE WHEN ${finished} > s.began THEN greatest(s.replays, ${finished}) ELSE s.replays END,
      began = g.at, checkpoint = g.at, delivered = g.at, done = '{}', owner = NULL, until = NULL, epoch = s.epoch + 1,
      anchor = (SELECT e.id FROM ${events} e WHERE e.stream = $1 AND e.position = g.at)
    FROM goal g WHERE s.stream = $1 AND s.group_name = $2`;
}
