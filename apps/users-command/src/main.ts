import { runCommandLine } from '#cli-kit';
import { UsersCommandModule } from './users-command.module.js';

await runCommandLine('users-command', UsersCommandModule);
