import { runApp } from '#app-kit';
import { orderApp } from './order.app.js';

await runApp(orderApp);
