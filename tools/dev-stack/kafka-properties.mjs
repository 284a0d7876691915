/**
 * @typedef {{
 *   mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512', users: Readonly<Record<string, string>>,
 * } | { mechanism: 'oauthbearer' }} Sasl `users` are passwords by name; with `oauthbearer` tokens are unsigned (`alg: none`)
 *   and anyone who names a subject and a time in the future is let in
 * @typedef {{ cert: string, key: string, ca: string, clientAuth?: boolean }} Tls all PEM, the key as PKCS #8
 * @typedef {{ id: number, client: number, between: number, control: number }} Member the ports of a node
 */

/**
 * The server.properties of one node of a small cluster for tests: a port for clients, one for the other brokers and
 * one for the controllers, of which only the first is ever protected.
 *
 * @param {Member} own
 * @param {readonly Member[]} members
 * @param {{ advertised: string, sasl?: Sasl, tls?: Tls }} options `advertised` is what clients are told, `host:port`
 * @returns {Record<string, string | number | boolean>}
 */
export function kafkaProperties(own, members, { advertised, sasl, tls }) {
  const replicas = members.length;
  const minInSync = Math.max(1, replicas - 1);
  const protocol = `${sasl ? 'SASL_' : ''}${tls ? 'SSL' : 'PLAINTEXT'}`;
  return {
    'process.roles': 'broker,controller',
    'node.id': own.id,
    'controller.quorum.voters': members.map(({ id, control }) => `${id}@127.0.0.1:${control}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'BETWEEN',
    'listener.security.protocol.map': `CLIENT:${protocol},BETWEEN:PLAINTEXT,CONTROLLER:PLAINTEXT`,
    listeners: `CLIENT://127.0.0.1:${own.client},BETWEEN://127.0.0.1:${own.between},CONTROLLER://127.0.0.1:${own.control}`,
    'advertised.listeners': `CLIENT://${advertised},BETWEEN://127.0.0.1:${own.between}`,

    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    // A killed broker is missed, and let in again, only when its session is over: after 9 s by default.
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 500,
    'log.retention.ms': -1,
    'default.replication.factor': replicas,
    'min.insync.replicas': minInSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': minInSync,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': minInSync,

    // Made for machines with few cores and little memory: by default the cleaner alone takes 128 MB.
    'num.network.threads': 2,
    'num.io.threads': 4,
    'background.threads': 2,
    'log.cleaner.dedupe.buffer.size': 2 * 1024 * 1024,
    'log.index.size.max.bytes': 1024 * 1024,

    ...(sasl && saslProperties(sasl)),
    ...(tls && tlsProperties(tls)),
  };
}

/** @param {Sasl} sasl */
function saslProperties(sasl) {
  const own = 'listener.name.client';
  const { mechanism } = sasl;
  return {
    [`${own}.sasl.enabled.mechanisms`]: mechanism.toUpperCase(),
    [`${own}.${mechanism}.sasl.jaas.config`]: `org.apache.kafka.common.security.${loginModule(sasl)};`,
  };
}

/** @param {Sasl} sasl */
function loginModule(sasl) {
  if (sasl.mechanism === 'oauthbearer') return 'oauthbearer.OAuthBearerLoginModule required';
  if (sasl.mechanism !== 'plain') return 'scram.ScramLoginModule required';
  const users = Object.entries(sasl.users).map(([name, password]) => `user_${name}=${JSON.stringify(password)}`);
  return `plain.PlainLoginModule required ${users.join(' ')}`;
}

/** @param {Tls} tls */
function tlsProperties({ cert, key, ca, clientAuth }) {
  const own = 'listener.name.client';
  return {
    [`${own}.ssl.keystore.type`]: 'PEM',
    [`${own}.ssl.keystore.certificate.chain`]: cert,
    [`${own}.ssl.keystore.key`]: key,
    [`${own}.ssl.truststore.type`]: 'PEM',
    [`${own}.ssl.truststore.certificates`]: ca,
    [`${own}.ssl.client.auth`]: clientAuth ? 'required' : 'none',
  };
}
