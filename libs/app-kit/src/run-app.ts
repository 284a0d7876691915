import { Logger } from '@nestjs/common';
import { isBackboneError } from 'nest-event-backbone';
import { AppLogger } from './app-logger.js';
import { openChannel } from './open-channel.js';
import { openKeyStore } from './open-key-store.js';
import { privacyOptions } from './privacy-options.js';
import { startApp, type App } from './start-app.js';
import { startTracing } from './start-tracing.js';
import { readVariables, VariablesError } from './variables.js';

/** Runs an app as this process, on what its environment says, until SIGTERM or SIGINT. Ends with 1 if it cannot start. */
export async function runApp(app: App): Promise<void> {
  const logger = new AppLogger(app.name);
  try {
    const variables = readVariables(process.env, app.port);
    const { channel, environment, privacySecret } = variables;
    const privacy = privacySecret === undefined ? undefined : privacyOptions(privacySecret, openKeyStore(variables));
    const { tracesEndpoint } = variables;
    const endTracing = tracesEndpoint === undefined ? undefined : startTracing(app.name, tracesEndpoint);
    const { nest, url } = await startApp(app, {
      ...{ ...variables, channel: openChannel(variables), privacy, logger },
      ...(endTracing && { atEnd: endTracing }),
    });
    nest.enableShutdownHooks();
    const encrypted = privacy ? ', personal data encrypted' : '';
    Logger.log(`listening on ${url}, events on ${channel}, environment ${environment}${encrypted}`, app.name);
    if (channel === 'memory') {
      Logger.warn(
        'CHANNEL=memory: no other process sees these events; npm run demo -- --channel memory runs all apps in one',
      );
    }
  } catch (error) {
    logger.error(`could not start: ${reason(error)}`);
    // Whatever was opened by then must not keep a process alive that does nothing.
    process.exit(1);
  }
}

/** One line for what the operator can mend, the stack for what only a developer can. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'EADDRINUSE') return `${error.message}; set PORT to another one, or to 0`;
  if (isBackboneError(error, 'EB_CHANNEL')) return `${error.message}; does REDIS_URL name it?`;
  const isForOperators = error instanceof VariablesError || isBackboneError(error);
  return isForOperators ? error.message : (error.stack ?? error.message);
}
