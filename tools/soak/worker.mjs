import { subscribe } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';
import { Consumer, ContractEvent, createProducer, describeContract, DIAGNOSTICS } from 'nest-event-backbone/core';
import { EventsContract, NonRetryableError } from 'nest-event-backbone/core';
import { redisChannel } from 'nest-event-backbone/redis';
import { History, recordedChannel } from 'nest-event-backbone/testing';

/**
 * A producer or a consumer in a process of its own, to be stopped, paused and killed. What it sees goes to its parent at
 * once, so that the history holds even what it saw right before it was killed.
 *
 * @typedef {import('./worker-process.mjs').WorkerTask} WorkerTask
 */
process.once('disconnect', () => process.exit(2));

/** @type {WorkerTask} */
const task = JSON.parse(process.argv[2] ?? '{}');
const history = new History();
const plain = redisChannel({ url: task.url, ...task.channel });
const channel = recordedChannel(plain, history, { consumer: `${process.pid}`, deliveries: false });
const definition = describeContract(contract());
let stopped = false;

if (task.role === 'produce') void produce();
else consume();
tell({ ready: true });

/** The contract of the events, declared as the compiler would write the decorators out. */
function contract() {
  class Samples {
    /** @param {string} work */
    sampleTaken(work) {
      return { work };
    }
  }
  Reflect.defineMetadata('design:paramtypes', [String], Samples.prototype, 'sampleTaken');
  const descriptor = Object.getOwnPropertyDescriptor(Samples.prototype, 'sampleTaken');
  ContractEvent()(Samples.prototype, 'sampleTaken', /** @type {any} */ (descriptor));
  EventsContract(task.stream.contract)(Samples);
  return Samples;
}

/** Every key has one writer, which waits for each append and repeats it until its outcome is known. */
async function produce() {
  process.on('SIGTERM', () => (stopped = true));
  const producer = createProducer(definition.cls, {
    channel: { ...channel, publish: told(channel.publish) },
    environment: task.stream.environment,
    source: 'soak',
  });
  const { keys = 8, perSecond = 200, events = Infinity, poisonShare = 0, slowShare = 0, filler = 0 } = task;
  const began = performance.now();
  let made = 0;
  const writers = Array.from({ length: keys }, async (_, key) => {
    while (!stopped && made < events) {
      made += 1;
      const eventId = `${process.pid}-${made}`;
      const chance = Math.random();
      const work = chance < poisonShare ? 'poison' : chance < poisonShare + slowShare ? 'slow' : 'quick';
      if (work === 'poison') tell({ poison: eventId });
      const early = (made / perSecond) * 1_000 - (performance.now() - began);
      const event = /** @type {any} */ (producer).$with({ eventId, key: `${process.pid}-${key}` });
      await untilStored(() => event.sampleTaken(work.padEnd(filler, ' ')));
      if (early > 0) await sleep(early);
    }
  });
  await Promise.all(writers);
  await leave();
}

/** @param {() => Promise<unknown>} append */
async function untilStored(append) {
  for (;;) {
    try {
      await append();
      return;
    } catch {
      await sleep(50);
    }
  }
}

function consume() {
  const event = definition.byMethod.get('sampleTaken');
  if (!event) throw new Error('the contract has no event');
  const { stream, group = 'group', settings } = task;
  subscribe(DIAGNOSTICS.consumer, (message) => {
    const { kind, count } = /** @type {import('nest-event-backbone/core').ConsumerDiagnostic} */ (message);
    if (kind === 'leaseLost') tell({ leaseLost: count ?? 1 });
  });
  const consumer = new Consumer({
    channel: { ...channel, subscribe: (options) => afterTelling(channel.subscribe(options)) },
    stream,
    group,
    knownTypes: [event.type],
    handlers: [{ event, invoke: ([work], context) => handle(String(work).trim(), context) }],
    ...settings,
  });
  consumer.start();
  const timer = setInterval(() => tell({ state: { ...consumer.state, rss: process.memoryUsage().rss } }), 200);
  process.once('SIGTERM', () => {
    clearInterval(timer);
    void consumer.stop(task.stopWithinMs ?? 5_000).then(leave);
  });
}

/**
 * @param {string} work
 * @param {import('nest-event-backbone/core').ConsumeContext} context
 */
async function handle(work, { id: eventId, key, position, deliveries, group, signal }) {
  history.delivery({ eventId, key, position, deliveries, group, consumer: `${process.pid}` });
  void tellHistory();
  signal.addEventListener('abort', () => tell({ aborted: eventId }));
  const { workMs = 0, slowMs = 1_000, handler } = task;
  if (handler === 'hang') await new Promise(() => undefined);
  if (handler === 'block') {
    const end = performance.now() + slowMs;
    while (performance.now() < end) JSON.stringify(end);
  }
  if (work === 'poison') throw new NonRetryableError('poison');
  const ms = work === 'slow' ? slowMs : workMs;
  if (ms > 0) await sleep(ms);
}

async function leave() {
  await plain.close();
  await tellHistory();
  await tell({ left: true });
  // Nothing of the library may keep the process alive now.
  process.removeAllListeners('disconnect');
  process.disconnect();
}

/**
 * @template {(...args: any[]) => Promise<unknown>} F
 * @param {F} append
 * @returns {F}
 */
function told(append) {
  return /** @type {F} */ (
    async (...args) => {
      const result = append(...args);
      // What is known must be known to the parent before anything can come of it.
      void tellHistory();
      try {
        return await result;
      } finally {
        void tellHistory();
      }
    }
  );
}

/**
 * Settles only what the parent knows to have been delivered.
 *
 * @param {import('nest-event-backbone/core').Subscription} subscription
 * @returns {import('nest-event-backbone/core').Subscription}
 */
function afterTelling(subscription) {
  return {
    ...subscription,
    async settle(settlements) {
      await tellHistory();
      const lost = await subscription.settle(settlements);
      void tellHistory();
      return lost;
    },
  };
}

function tellHistory() {
  const records = history.take();
  return records.length === 0 ? Promise.resolve() : tell({ records });
}

/** @param {unknown} message */
function tell(message) {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(/** @type {any} */ (message), undefined, undefined, resolve);
    else resolve(undefined);
  });
}
