import { BackboneError, checkedName, type Stream } from '../core/index.js';

/** The names that a stream has on a Kafka cluster. */
export interface TopicNames {
  /** Where its events are. */
  readonly events: string;
  /** Where its groups keep what Kafka has no place for: resets, what members handle, dead letters. */
  readonly groups: string;
}

const LONGEST_TOPIC = 249;
const GROUPS_SUFFIX = '.groups';

const known = new WeakMap<Stream, TopicNames>();

/**
 * Names the topics of a stream.
 *
 * @throws BackboneError `EB_NAME` where two streams could meet in one topic, or Kafka would refuse the name.
 */
export function topicNames(stream: Stream): TopicNames {
  let names = known.get(stream);
  // Asked for with each append, mostly for the same stream.
  if (!names) known.set(stream, (names = checkedNames(stream)));
  return names;
}

function checkedNames({ environment, contract }: Stream): TopicNames {
  const events = `${checkedName('environment', environment)}.${checkedName('contract name', contract)}`;
  if (environment.includes('.')) throw refused('the environment must not hold a dot on Kafka; use "-" or "_"');
  if (contract.endsWith(GROUPS_SUFFIX)) {
    throw refused(`the contract name must not end in "${GROUPS_SUFFIX}" on Kafka; choose another one`);
  }
  const groups = `${events}${GROUPS_SUFFIX}`;
  if (groups.length > LONGEST_TOPIC) {
    throw refused(`the names of environment and contract are together too long for a topic (${LONGEST_TOPIC})`);
  }
  return { events, groups };
}

/** The Kafka group of a group of ours; each reset makes a new one, so that no old consumer can undo it. */
export function groupId(topic: string, group: string, epoch: number): string {
  // No name holds "~": streams and groups that have dots in their names stay apart.
  return `${topic}~${group}~${epoch}`;
}

function refused(message: string): BackboneError {
  return new BackboneError('EB_NAME', message);
}
