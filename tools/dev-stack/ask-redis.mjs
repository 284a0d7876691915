import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

/**
 * Sends one command to a Redis on a connection of its own, without a client library.
 *
 * @param {string} url `redis://` or `rediss://`, with user and password if needed
 * @param {readonly string[]} command
 * @param {number} timeoutMs for everything together
 * @returns {Promise<string>} the text of the reply
 * @throws with the error reply, or with what is wrong with the connection; never with the password
 */
export function askRedis(url, command, timeoutMs) {
  return new Promise((resolve, reject) => {
    const { host, port, tls, auth } = addressOf(url);
    const commands = auth ? [auth, command] : [command];
    const socket = tls ? connectTls({ host, port, servername: host }) : connect({ host, port });
    /** @type {(outcome: string | Error) => void} */
    const settle = (outcome) => {
      clearTimeout(timer);
      socket.destroy();
      if (typeof outcome === 'string') resolve(outcome);
      else reject(outcome);
    };
    const timer = setTimeout(() => settle(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    let received = '';
    socket.setEncoding('latin1');
    socket.on('error', (error) => settle(new Error(reasonOf(error), { cause: error })));
    socket.on('close', () => settle(new Error('the connection was closed')));
    socket.on('data', (chunk) => {
      received += String(chunk);
      const replies = repliesIn(received);
      const reply = replies[commands.length - 1];
      // A server without a password refuses AUTH and answers all the same, so only the last reply decides.
      if (reply !== undefined)
        settle(reply.startsWith('-') ? new Error(replies.find(isError)?.slice(1)) : reply.slice(1));
    });
    socket.write(commands.map(encode).join(''));
  });
}

/** @param {string} reply */
const isError = (reply) => reply.startsWith('-');

/** @param {string} url */
function addressOf(url) {
  if (!URL.canParse(url) || !/^rediss?:\/\//.test(url)) {
    throw new Error('it is not a URL of the form redis://host:port, with user:password@ before the host if needed');
  }
  const { protocol, hostname, port, username, password } = new URL(url);
  const user = username ? [decodeURIComponent(username)] : [];
  return {
    host: hostname.replace(/^\[|\]$/g, '') || '127.0.0.1',
    port: Number(port || 6379),
    tls: protocol === 'rediss:',
    auth: password ? ['AUTH', ...user, decodeURIComponent(password)] : undefined,
  };
}

/** @param {readonly string[]} command */
function encode(command) {
  return `*${command.length}\r\n${command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`;
}

/**
 * The complete replies at the beginning of what was received: lines with their sign, bulk strings as `$text`.
 * @param {string} received
 */
function repliesIn(received) {
  const replies = [];
  let at = 0;
  for (let end = received.indexOf('\r\n', at); end >= 0; end = received.indexOf('\r\n', at)) {
    const line = received.slice(at, end);
    const length = line.startsWith('$') ? Number(line.slice(1)) : -1;
    at = end + 2;
    if (length >= 0) {
      if (received.length < at + length + 2) break;
      replies.push(`$${received.slice(at, at + length)}`);
      at += length + 2;
    } else replies.push(line);
  }
  return replies;
}

/** @param {Error & { code?: string }} error */
function reasonOf(error) {
  // A host with several addresses fails with an AggregateError, whose own message is empty.
  return error.message || error.code || 'the connection failed';
}
