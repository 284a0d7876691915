import { hostname } from 'node:os';
import type { ConsumerState, GroupMember, GroupState } from '../core/index.js';
import type { ConsumerView, GroupView } from './dashboard-api.js';
import type { KnownStream } from './known-streams.js';
import type { GroupPoint } from './group-histories.js';

/** Shows how a group stands on the server and in this process. */
export function groupView(
  { of, stream }: KnownStream,
  state: GroupState,
  history: readonly GroupPoint[],
  now: number,
): GroupView {
  const isOwn = (each: ConsumerState) => each.stream.contract === stream.contract && each.group === state.group;
  const here = of.host?.states.find(isOwn);
  // The server's clock may be a little ahead.
  const since = (at: number | undefined) => (at === undefined ? null : Math.max(0, now - at));
  const isInProcess = of.connection.channel.technology === 'memory';
  return {
    group: state.group,
    lag: state.lag ?? null,
    lagMs: since(state.oldestWaitingAt),
    pending: state.pending,
    oldestPendingMs: since(state.oldestPendingAt),
    retrying: state.retrying,
    deadLetters: state.deadLetters,
    parkedKeys: state.parkedKeys,
    consumers: (state.members ?? []).map((member) => consumerView(member, here !== undefined, isInProcess)),
    isPaused: here?.status === 'paused',
    history,
  };
}

// The names that channels make up begin like this.
const HERE = `${hostname()
  .replace(/[^A-Za-z0-9_.-]/g, '-')
  .slice(0, 60)}-${process.pid}-`;

function consumerView(
  { name, pending, idleMs, partitions }: GroupMember,
  readsHere: boolean,
  isInProcess: boolean,
): ConsumerView {
  const isHere = readsHere && (isInProcess || name.startsWith(HERE));
  return { name, isHere, pending, idleMs: idleMs ?? null, partitions: partitions ?? null };
}
