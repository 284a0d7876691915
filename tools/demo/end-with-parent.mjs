/**
 * Loaded into a service ahead of its main.js: ends it when the process that started it is gone, however that ended,
 * SIGKILL included. The two share an IPC channel, which the system closes with either of them.
 */
process.once('disconnect', () => process.exit(1));
