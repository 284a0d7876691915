import { AssertionError } from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import { memoryChannel } from 'nest-event-backbone/memory';
import { channelConformance, type ConformanceContext } from 'nest-event-backbone/testing';
import { altered } from './broken/altered-channel.js';
import type { BrokenChannel } from './broken/broken-channel.js';
import { brokenChannels } from './broken/broken-channels.js';

const promises = new Map(channelConformance.map((promise) => [promise.name, promise]));

// What is broken for good need not be waited for.
const DEADLINE_MS = 100;

describe('the conformance suite catches a channel that', () => {
  it.for(brokenChannels.map((each) => [each.flaw, each] as const))('%s', async ([, flawed]) => {
    const { breaks } = flawed;
    const outcomes = await Promise.all(breaks.map((name) => outcomeOf(name, contextOf(flawed, DEADLINE_MS))));
    expect(breaks).not.toEqual([]);
    expect(outcomes).toEqual(breaks.map((name) => `broken: ${name}`));
  });
});

describe('the conformance suite', () => {
  it('has no promise that no broken channel breaks', () => {
    const bitten = new Set(brokenChannels.flatMap(({ breaks }) => breaks));
    expect([...promises.keys()].filter((name) => !bitten.has(name))).toEqual([]);
  });

  it('has no two promises of one name, and no two broken channels of one flaw', () => {
    expect(promises.size).toBe(channelConformance.length);
    expect(new Set(brokenChannels.map(({ flaw }) => flaw)).size).toBe(brokenChannels.length);
  });

  it('lets a channel pass that is wrapped and not broken', async () => {
    const begin = () => altered;
    await expect(Promise.all(channelConformance.map(({ run }) => run(contextOf({ begin }))))).resolves.toBeDefined();
  });
});

function contextOf({ begin }: Pick<BrokenChannel, 'begin'>, deadlineMs?: number): ConformanceContext {
  const intact = memoryChannel();
  const into = begin();
  return {
    channel: into(intact),
    open: () => Promise.resolve(into(intact.open())),
    restart: () => Promise.resolve(into.restart?.()),
    deadlineMs,
  };
}

async function outcomeOf(name: string, context: ConformanceContext): Promise<string> {
  try {
    await promises.get(name)?.run(context);
    return `kept: ${name}`;
  } catch (error) {
    return error instanceof AssertionError ? `broken: ${name}` : `in trouble with ${String(error)}: ${name}`;
  }
}
