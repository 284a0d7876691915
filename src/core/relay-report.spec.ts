import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { memoryChannel } from '../memory/index.js';
import type { Channel, PublishOptions } from './channel.js';
import type { Stream } from './stream.js';
import { DIAGNOSTICS, type EventDiagnostic } from './diagnostics.js';
import { BackboneError } from './errors.js';
import { DEFAULT_CONTENT_TYPE, type Message } from './message.js';
import { Relay } from './relay.js';
import type { RelayOptions } from './relay-options.js';

const STREAM: Stream = { environment: 'test', contract: 'orders' };
const TARGET: Stream = { environment: 'elsewhere', contract: 'orders' };

function message(id: string, type = 'paid.v1'): Message {
  return {
    ...{ id, type, source: 'shop', time: 1_000, key: 'key', correlationId: id, contentType: DEFAULT_CONTENT_TYPE },
    ...{ headers: {}, fields: { order: `"${id}"` }, personal: [] },
  };
}

/** A channel that takes appends as it is told. */
function taking(channel: Channel, publish: Channel['publish']): Channel {
  return Object.create(channel, { publish: { value: publish } }) as Channel;
}

/** Listens to both ends of a relay, which then begins. */
function heard({ from, to, ...options }: Pick<RelayOptions, 'from' | 'to'> & Partial<RelayOptions>) {
  const told: EventDiagnostic[] = [];
  const listener = (said: unknown) => {
    const event = said as EventDiagnostic;
    if (event.channel === from || event.channel === to) told.push(event);
  };
  subscribe(DIAGNOSTICS.event, listener);
  onTestFinished(() => void unsubscribe(DIAGNOSTICS.event, listener));
  const relay = new Relay({ from, to, stream: STREAM, target: TARGET, group: 'copies', ...options });
  onTestFinished(() => relay.stop(1_000));
  relay.start();
  const of = (kind: EventDiagnostic['kind']) => told.filter((event) => event.kind === kind);
  return { relay, of };
}

describe('a relay that is listened to', () => {
  it('tells of each event that it was sent to the target and processed by the group, and how long that took', async () => {
    const [from, to] = [memoryChannel(), memoryChannel()];
    await from.publish(STREAM, [message('a'), message('b')]);
    const { of } = heard({ from, to });
    await vi.waitFor(() => expect(of('processed')).toHaveLength(2), 5_000);
    const like = { group: 'copies', type: 'paid.v1', outcome: 'done' };
    for (const event of of('sent')) expect(event).toMatchObject({ ...like, channel: to, stream: TARGET });
    for (const event of of('processed')) expect(event).toMatchObject({ ...like, channel: from, stream: STREAM });
    expect(of('sent')).toHaveLength(2);
    expect([...of('sent'), ...of('processed')].every(({ durationMs }) => durationMs >= 0)).toBe(true);
  });

  it('tells once that an event was sent that was tried again, and how long all tries took together', async () => {
    const [from, there] = [memoryChannel(), memoryChannel()];
    let tries = 0;
    const to = taking(there, (stream, messages, options?: PublishOptions) => {
      tries += 1;
      if (tries < 3) return Promise.reject(new BackboneError('EB_NOT_STORED', 'away'));
      return there.publish(stream, messages, options);
    });
    await from.publish(STREAM, [message('a')]);
    const { of } = heard({ from, to });
    await vi.waitFor(() => expect(of('sent')).toMatchObject([{ outcome: 'done' }]), 5_000);
    // The pauses between three tries.
    expect(of('sent')[0]?.durationMs).toBeGreaterThan(100);
  });

  it('tells what was passed over, and what the target refuses, and why', async () => {
    const [from, there] = [memoryChannel(), memoryChannel()];
    const to = taking(there, (stream, messages) => {
      if (messages.some(({ id }) => id === 'large')) {
        return Promise.reject(new BackboneError('EB_TOO_LARGE', 'refused'));
      }
      return there.publish(stream, messages);
    });
    await from.publish(STREAM, [message('a', 'other.v1'), message('large', 'large.v1'), message('b')]);
    const { of } = heard({ from, to, types: ['paid.v1', 'large.v1'] });
    await vi.waitFor(() => expect(of('processed')).toHaveLength(3), 5_000);
    expect(of('processed').map(({ type, outcome, errorType }) => [type, outcome, errorType])).toEqual([
      ['other.v1', 'skipped', undefined],
      ['large.v1', 'failed', 'EB_TOO_LARGE'],
      ['paid.v1', 'done', undefined],
    ]);
    expect(of('sent').map(({ type, outcome, errorType }) => [type, outcome, errorType])).toEqual([
      ['large.v1', 'failed', 'EB_TOO_LARGE'],
      ['paid.v1', 'done', undefined],
    ]);
  });

  it('tells that what was under way when it stopped comes again, and not that it was sent', async () => {
    const [from, there] = [memoryChannel(), memoryChannel()];
    const to = taking(there, () => Promise.reject(new BackboneError('EB_NOT_STORED', 'away')));
    await from.publish(STREAM, [message('a')]);
    const { relay, of } = heard({ from, to });
    await vi.waitFor(() => expect(relay.state.status).toBe('waiting'), 5_000);
    await relay.stop(5_000);
    expect(of('processed')).toMatchObject([{ outcome: 'released' }]);
    expect(of('sent')).toEqual([]);
  });
});
