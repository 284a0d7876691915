import type { App } from '#app-kit';
import { TransitModule } from './transit.module.js';

/** The transit service; over HTTP it only tells how it stands. */
export const transitApp: App = { name: 'transit', module: TransitModule, port: 3002 };
