import kafkajs, { type Kafka, type LogEntry, type Mechanism, type SASLOptions } from 'kafkajs';
import { bearerSasl } from './bearer-sasl.js';
import type { KafkaConnection, KafkaSasl } from './kafka-options.js';
import type { KafkajsSockets } from './kafkajs-sockets.js';

/** How often and how fast kafkajs tries again by itself; what lasts longer is retried by the driver. */
export const RETRY = { initialRetryTime: 100, maxRetryTime: 1_000, multiplier: 2, factor: 0.2, retries: 5 } as const;

/** A client of its own connections, that writes nothing to the console. */
export function kafkajsClient(
  connection: KafkaConnection,
  sockets: KafkajsSockets,
  onLog?: (line: LogEntry['log']) => void,
): Kafka {
  const { brokers, clientId, tls, sasl } = connection;
  return new kafkajs.Kafka({
    brokers: [...brokers],
    clientId,
    ...(tls && { ssl: { ...tls } }),
    ...(sasl && { sasl: freshSasl(sasl) }),
    connectionTimeout: 3_000,
    authenticationTimeout: 5_000,
    requestTimeout: 5_000,
    retry: RETRY,
    socketFactory: sockets.open,
    logLevel: kafkajs.logLevel.ERROR,
    logCreator:
      () =>
      ({ log }) =>
        onLog?.(log),
  });
}

/** Made for each client anew: kafkajs keeps the credentials of the first one in the object it is given. */
function freshSasl(sasl: KafkaSasl): SASLOptions | Mechanism {
  if (sasl.mechanism === 'oauthbearer') return bearerSasl(sasl.token);
  const { mechanism, username, password } = sasl;
  const options: SASLOptions = { mechanism, username, password };
  return options;
}
