import { createHash } from 'node:crypto';
import { Command, type Cluster } from 'ioredis';
import { BackboneError } from '../../core/index.js';
import type { RedisClient } from '../open-client.js';

/** A Lua script: its text never changes, data only comes in KEYS and ARGV. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
}

/** What may stand in KEYS and ARGV. */
export type ScriptArgument = string | number | Buffer;

/** Makes a script of its text. */
export function script(lua: string): Script {
  return Object.freeze({ lua, sha: createHash('sha1').update(lua).digest('hex') });
}

/** Runs a script by its digest, and by its text when the server does not know it yet. */
export function runScript(
  client: RedisClient,
  script: Script,
  keys: readonly string[],
  args: readonly ScriptArgument[],
): Promise<unknown> {
  return runKnown(client, script, [keys.length, ...keys, ...args], 'utf8');
}

/** Runs a script as {@link runScript} does, with a reply of bytes. */
export function runScriptForBytes(
  client: RedisClient,
  script: Script,
  keys: readonly string[],
  args: readonly ScriptArgument[] = [],
): Promise<unknown> {
  return runKnown(client, script, [keys.length, ...keys, ...args], null);
}

/**
 * Sends a script once, by its digest or by its text, with one list of the number of keys, the keys and the arguments.
 * By its digest it fails with `NOSCRIPT` on a server that does not know it.
 */
export function sendScript(
  client: RedisClient,
  script: Script,
  by: 'digest' | 'text',
  args: readonly ScriptArgument[],
  replyEncoding: BufferEncoding | null = 'utf8',
): Promise<unknown> {
  return client.sendCommand(commandOf(client, script, by, args, replyEncoding)) as Promise<unknown>;
}

/**
 * Sends a script as {@link sendScript} does, and when a cluster has moved its keys fails with `EB_NOT_STORED` or `TRYAGAIN`: what
 * the client sends again by itself is overtaken by what is sent meanwhile.
 */
export function sendScriptOnce(
  client: RedisClient,
  script: Script,
  by: 'digest' | 'text',
  args: readonly ScriptArgument[],
): Promise<unknown> {
  const command = commandOf(client, script, by, args, 'utf8');
  if (client.isCluster) return sendWithoutRedirection(client as Cluster, command);
  return client.sendCommand(command) as Promise<unknown>;
}

async function sendWithoutRedirection(cluster: Cluster, command: Command): Promise<unknown> {
  try {
    // With a slot the client follows no redirection.
    return await cluster.sendCommand(command, undefined, { slot: command.getSlot() });
  } catch (error) {
    if (!(error instanceof Error && /^(MOVED|ASK) /.test(error.message))) throw error;
    cluster.refreshSlotsCache();
    throw new BackboneError('EB_NOT_STORED', 'the keys are moving to another node of the cluster');
  }
}

function commandOf(
  client: RedisClient,
  { lua, sha }: Script,
  by: 'digest' | 'text',
  args: readonly ScriptArgument[],
  replyEncoding: BufferEncoding | null,
): Command {
  const { keyPrefix } = client.options;
  // The client's own methods copy long argument lists several times over.
  const name = by === 'digest' ? 'evalsha' : 'eval';
  return new Command(name, [by === 'digest' ? sha : lua, ...args], { replyEncoding, keyPrefix });
}

async function runKnown(
  client: RedisClient,
  script: Script,
  args: readonly ScriptArgument[],
  replyEncoding: BufferEncoding | null,
): Promise<unknown> {
  try {
    return await sendScript(client, script, 'digest', args, replyEncoding);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return sendScript(client, script, 'text', args, replyEncoding);
  }
}
