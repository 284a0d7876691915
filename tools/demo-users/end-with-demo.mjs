/**
 * Loaded into an app ahead of its main.js: ends it when the demo is gone, however that ended, SIGKILL included. The two
 * share an IPC channel, which the system closes with either of them, and which does not keep an app that is done.
 */
process.once('disconnect', () => process.exit(1));
process.channel?.unref();
