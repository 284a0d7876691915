/** `nest-event-backbone/cli`: what the configuration of the command line is written with. */
export { defineConfig, type CliConfig, type CliConnection, type CliConnections, type Made } from './define-config.js';
