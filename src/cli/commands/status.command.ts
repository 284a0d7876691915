import { Command } from 'commander';
import type { GroupState, Stream, StreamExtent } from '../../core/index.js';
import type { CommandLine } from '../command-line.js';
import { CommandFailure } from '../command-failure.js';
import { durationText } from '../duration-text.js';
import { streamsOf, type OpenConnection } from '../open-connection.js';
import type { Output } from '../output.js';
import { withSource, type SourceOptions } from '../source-options.js';

/** A group as programs are told of it. */
interface ShownGroup extends GroupState {
  readonly lagMs: number | undefined;
  readonly oldestPendingMs: number | undefined;
}

/** A stream and its groups. */
interface ShownStream extends Stream {
  readonly connection: string | undefined;
  readonly extent: StreamExtent;
  readonly groups: readonly ShownGroup[];
}

/** `status`: how the groups of streams stand. */
export function statusCommand(line: CommandLine): Command {
  return withSource(new Command('status'))
    .description('Show streams and groups: who is behind and how far, what is pending, what was set aside')
    .action((options: SourceOptions) =>
      line.onAll(options, async (connections) => {
        const streams = await Promise.all(connections.map((each) => streamsOn(each, options)));
        const all = streams.flat();
        if (all.length === 0)
          throw new CommandFailure('name a stream with --stream; there are no contracts to know it by');
        await line.output(options).result({ streams: all }, () => statusText(all, line.output(options)));
      }),
    );
}

async function streamsOn(connection: OpenConnection, { stream }: SourceOptions): Promise<readonly ShownStream[]> {
  const { name, environment, channel } = connection;
  const streams = stream === undefined ? streamsOf(connection) : [{ environment, contract: stream }];
  return Promise.all(
    streams.map(async (each) => {
      const [groups, extent] = await Promise.all([channel.admin.groups(each), channel.admin.extent(each)]);
      const now = Date.now();
      // The server's clock may be a little ahead.
      const since = (at: number | undefined) => (at === undefined ? undefined : Math.max(0, now - at));
      const shown = groups.map((group) => {
        return { ...group, lagMs: since(group.oldestWaitingAt), oldestPendingMs: since(group.oldestPendingAt) };
      });
      return { connection: name, ...each, extent, groups: shown };
    }),
  );
}

function statusText(streams: readonly ShownStream[], output: Output): readonly string[] {
  const severalEnvironments = new Set(streams.map(({ environment }) => environment)).size > 1;
  const isNamed = streams.some(({ connection }) => connection !== undefined);
  const rows = streams.flatMap(({ connection = '', environment, contract, extent, groups }) => {
    const stream = severalEnvironments ? `${environment}/${contract}` : contract;
    const { events, isEstimated } = extent;
    const held = events === undefined ? '?' : `${isEstimated ? 'about ' : ''}${events}`;
    const place = [...(isNamed ? [connection] : []), stream, held];
    if (groups.length === 0) return [[...place, 'no group', ...Array<string>(6).fill('')]];
    return groups.map((group) => [...place, ...groupCells(group)]);
  });
  const columns = [
    ...(isNamed ? [{ head: 'connection', least: 6 }] : []),
    ...[
      { head: 'stream', least: 12 },
      { head: 'events', align: 'right' as const },
      { head: 'group', least: 10 },
    ],
    ...['consumers', 'lag', 'pending', 'retrying', 'dead', 'parked keys'].map((head) => {
      return { head, align: 'right' as const };
    }),
  ];
  return output.table(columns, rows);
}

function groupCells(state: ShownGroup): readonly string[] {
  const { group, consumers, lag, lagMs, pending, oldestPendingMs, retrying, deadLetters, parkedKeys } = state;
  return [
    group,
    ...[String(consumers), aged(lag === undefined ? '?' : String(lag), lagMs), aged(String(pending), oldestPendingMs)],
    ...[retrying, deadLetters, parkedKeys].map(String),
  ];
}

/** A count, and how old the oldest of them is. */
function aged(count: string, ms: number | undefined): string {
  return ms === undefined || count === '0' ? count : `${count} (${durationText(ms)})`;
}
