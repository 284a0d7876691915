import { Module } from '@nestjs/common';
import { EventBackboneModule } from 'nest-event-backbone';
import { postgresChannel } from 'nest-event-backbone/postgres';
import { databaseUrl, VersionCommand } from '#cli-kit';
import { Users } from '#contracts';
import { UserChanges } from './user-changes.js';
import { UserChangeCommand } from './user-change.command.js';

/** Changes users by appending events to the write model; it handles none. */
@Module({
  imports: [
    EventBackboneModule.forRootAsync({
      useFactory: () => ({
        channel: postgresChannel({
          url: databaseUrl('WRITE_MODEL_URL', 'postgres://postgres:postgres@127.0.0.1:5432/write_model'),
        }),
        source: 'users-command',
        requires: ['expectedVersion', 'readByKey'] as const,
      }),
    }),
    EventBackboneModule.forFeature([Users]),
  ],
  providers: [UserChanges, UserChangeCommand, VersionCommand],
})
export class UsersCommandModule {}
