import { Module } from '@nestjs/common';
import { EventBackboneModule, ProjectionModule } from 'nest-event-backbone';
import { postgresChannel, postgresReadModel } from 'nest-event-backbone/postgres';
import { databaseUrl, VersionCommand } from '#cli-kit';
import { InitCommand } from './init.command.js';
import { SubscriptionCommand } from './subscription.command.js';
import { UsersProjection } from './users.projection.js';
import { UsersProjectorCommand } from './users-projector.command.js';

/** Reads the write model and keeps the read model; which command was typed decides how. */
@Module({
  imports: [
    EventBackboneModule.forRootAsync({
      useFactory: () => ({
        channel: postgresChannel({
          url: databaseUrl('WRITE_MODEL_URL', 'postgres://postgres:postgres@127.0.0.1:5432/write_model'),
        }),
      }),
    }),
    ProjectionModule.forRootAsync({
      useFactory: () => ({
        model: postgresReadModel({
          url: databaseUrl('READ_MODEL_URL', 'postgres://postgres:postgres@127.0.0.1:5433/read_model'),
        }),
        projections: 'none',
      }),
    }),
  ],
  providers: [UsersProjection, UsersProjectorCommand, InitCommand, SubscriptionCommand, VersionCommand],
})
export class UsersProjectorModule {}
