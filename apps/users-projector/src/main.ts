import { runCommandLine } from '#cli-kit';
import { UsersProjectorModule } from './users-projector.module.js';

await runCommandLine('users-projector', UsersProjectorModule);
