import { kafkaChannel } from 'nest-event-backbone/kafka';

/** Consumes a stream in a process of its own, a little at a time, and says what it settles. */
const [brokers = '', environment = '', contract = ''] = process.argv.slice(2);
const channel = kafkaChannel({
  brokers: brokers.split(','),
  payloads: 'record',
  sessionTimeoutMs: 2_000,
  rebalanceTimeoutMs: 4_000,
});
const subscription = channel.subscribe({ stream: { environment, contract }, group: 'group', batchSize: 5 });
for await (const { deliveries } of subscription) {
  await subscription.settle(deliveries.map((delivery) => ({ delivery })));
  for (const { message } of deliveries) process.stdout.write(`${message?.id ?? ''}\n`);
  await new Promise((resolve) => setTimeout(resolve, 100));
}
