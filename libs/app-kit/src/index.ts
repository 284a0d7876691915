/** What the demo apps share: settings from the environment, a log for people, health, start and end. */
export { AppLogger } from './app-logger.js';
export { AppSettings } from './app-settings.js';
export { privacyOptions } from './privacy-options.js';
export { runApp } from './run-app.js';
export { sharedStore } from './shared-store.js';
export { startApp, type App, type RunningApp, type StartOptions } from './start-app.js';
