import { runApp } from '#app-kit';
import { transitApp } from './transit.app.js';

await runApp(transitApp);
