import type { App } from '#app-kit';
import { ReporterModule } from './reporter.module.js';

/** The reporter, with its live page at `/`. */
export const reporterApp: App = { name: 'reporter', module: ReporterModule, port: 3003 };
