/** What each entry of `supports` means, in the order of the page. */
export const MEANINGS = {
  persistent: 'Events outlive the process.',
  competingConsumers: 'Several consumers of a group share its events.',
  keyedOrderAcrossConsumers: 'Order per key holds across the consumers of a group, not only inside one.',
  selectiveSettle: 'Any subset of a batch can be settled; what was settled never comes again.',
  deliveryCount: 'Deliveries are counted across consumers and restarts.',
  attempts: 'Failures and crashes of an event are remembered across consumers and restarts.',
  dedupe: 'Appending a stored id again stores nothing.',
  expectedVersion: 'An append can demand how many events its key has.',
  transaction: "An append can join the caller's transaction.",
  readByKey: 'Events can be read by key.',
  readById: 'Events can be read by id.',
  parkByKey: 'A failing event can hold back the later ones of its key, and no others.',
  erase: 'Fields can be erased from a stored event.',
  atomicDeadLetter: 'A dead letter and the settlement of its event are one step.',
  trim: 'Events that every group has finished can be removed.',
};

/**
 * The page `docs/channels.md`, from what the channels say of themselves.
 *
 * @param {Readonly<Record<string, Readonly<Record<string, boolean>>>>} channels `supports` by the channel's name
 */
export function channelsPage(channels) {
  const names = Object.keys(channels);
  const rows = Object.entries(MEANINGS).map(([capability, meaning]) => {
    const cells = names.map((name) => (channels[name]?.[capability] ? 'yes' : 'no'));
    return `| \`${capability}\` | ${meaning} | ${cells.join(' | ')} |`;
  });
  return [
    '# Channels',
    '',
    'What each channel can do, as its `supports` says. An application that relies on something names it in `requires`:',
    'a channel that cannot do it is refused at start-up. `npm run docs` writes this page; a test compares it.',
    '',
    `| capability | meaning | ${names.join(' | ')} |`,
    `| --- | --- |${' --- |'.repeat(names.length)}`,
    ...rows,
    '',
    'On Redis `keyIndex: true` adds `readByKey`, and `partitions` what is in its column.',
    '',
    'Every channel passes the conformance suite that `nest-event-backbone/testing` exports as data; a promise that needs a',
    'capability is asked only of channels that have it.',
    '',
    'Payload stores work with every channel: memory, Redis, PostgreSQL, DynamoDB and Couchbase, each held to a conformance',
    'suite of their own ([payload stores](payload-stores.md)). **The Couchbase store is unproven**: its suite runs only where',
    '`COUCHBASE_URL` names a server. The DynamoDB store was tried against dynalite, not against Amazon.',
    '',
  ].join('\n');
}
