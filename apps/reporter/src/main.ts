import { runApp } from '#app-kit';
import { reporterApp } from './reporter.app.js';

await runApp(reporterApp);
