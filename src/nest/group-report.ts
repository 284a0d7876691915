import { streamOf, type ConsumerState, type GroupState, type Stream } from '../core/index.js';
import type { Connection } from './connection.js';
import type { ConsumerHost } from './consumer-host.js';

/** How a group stands on the server and in this process. */
export interface GroupReport extends GroupState {
  readonly stream: Stream;
  /** How long the oldest event that was not handed out yet has been waiting. */
  readonly lagMs?: number;
  /** How long ago the oldest event that is not settled was stored. */
  readonly oldestPendingMs?: number;
  /** This process's consumer of the group, if it has one: what is in flight here, and whether it runs. */
  readonly consumer?: ConsumerState;
}

/**
 * Asks the server how the groups of every contract that the connection knows stand.
 *
 * @throws BackboneError `EB_CHANNEL` when the server cannot be reached.
 */
export async function groupReports(connection: Connection, host: ConsumerHost): Promise<readonly GroupReport[]> {
  const { channel, contracts, options } = connection;
  const names = new Map([...contracts].map((contract) => [contract.name, streamOf(contract, options.environment)]));
  const now = Date.now();
  // The server's clock may be a little ahead.
  const since = (at: number | undefined) => (at === undefined ? undefined : Math.max(0, now - at));
  const reports = [...names.values()].map(async (stream) => {
    const groups = await channel.admin.groups(stream);
    return groups.map((state): GroupReport => {
      const own = ({ stream: { contract }, group }: ConsumerState) =>
        contract === stream.contract && group === state.group;
      const consumer = host.states.find(own);
      const { oldestWaitingAt, oldestPendingAt } = state;
      return { ...state, stream, lagMs: since(oldestWaitingAt), oldestPendingMs: since(oldestPendingAt), consumer };
    });
  });
  return (await Promise.all(reports)).flat();
}
