import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

const apiVersions = 18;

/**
 * Asks a Kafka broker which requests it knows (ApiVersions), on a connection of its own and without a client library.
 * A broker answers it before anyone signs in, and only once it is ready for clients.
 *
 * @param {string} broker `host:port`
 * @param {number} timeoutMs for everything together
 * @param {{ ca: string }} [tls] needed where the broker speaks TLS
 * @returns {Promise<number>} how many kinds of request it knows
 * @throws with what is wrong with the connection or the answer
 */
export function askKafka(broker, timeoutMs, tls) {
  return new Promise((resolve, reject) => {
    const { host, port } = addressOf(broker);
    const socket = tls
      ? connectTls({ host, port, ca: tls.ca, checkServerIdentity: () => undefined })
      : connect({ host, port });
    /** @type {(outcome: number | Error) => void} */
    const settle = (outcome) => {
      clearTimeout(timer);
      socket.destroy();
      if (typeof outcome === 'number') resolve(outcome);
      else reject(outcome);
    };
    const timer = setTimeout(() => settle(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    let received = Buffer.alloc(0);
    /** @param {Error & { code?: string }} error */
    const fail = (error) => settle(new Error(error.message || error.code || 'the connection failed', { cause: error }));
    socket.on('error', fail);
    socket.on('close', () => settle(new Error('the connection was closed')));
    socket.on('data', (/** @type {Buffer} */ chunk) => {
      received = Buffer.concat([received, chunk]);
      // Size, correlation id, error code, count of the entries that follow.
      if (received.length >= 14) settle(knownRequests(received));
    });
    socket.write(request());
  });
}

/** @param {string} broker */
function addressOf(broker) {
  const [, host, port] = /^\[?([^\s[\]/@]+)\]?:(\d+)$/.exec(broker) ?? [];
  if (!host || !port) throw new Error('it is not an address of the form host:port');
  return { host, port: Number(port) };
}

function request() {
  const clientId = 'dev-stack';
  const body = Buffer.alloc(14 + clientId.length);
  body.writeInt32BE(body.length - 4, 0);
  body.writeInt16BE(apiVersions, 4);
  body.writeInt16BE(0, 6);
  body.writeInt32BE(1, 8);
  body.writeInt16BE(clientId.length, 12);
  body.write(clientId, 14);
  return body;
}

/** @param {Buffer} reply */
function knownRequests(reply) {
  const error = reply.readInt16BE(8);
  if (reply.readInt32BE(4) !== 1) return new Error('what answers there is no Kafka broker');
  return error === 0 ? reply.readInt32BE(10) : new Error(`the broker answered with error ${error}`);
}
