import { Module } from '@nestjs/common';
import { EventBackboneModule, ProjectionModule } from 'nest-event-backbone';
import { postgresReadModel } from 'nest-event-backbone/postgres';
import { redisChannel } from 'nest-event-backbone/redis';
import { UsersProjection } from './users.js';

@Module({
  imports: [
    EventBackboneModule.forRootAsync({
      useFactory: () => ({ channel: redisChannel({ url: process.env['REDIS_URL'] ?? 'redis://localhost:6379' }) }),
    }),
    ProjectionModule.forRootAsync({
      useFactory: () => ({
        model: postgresReadModel({
          url: process.env['DATABASE_URL'] ?? 'postgres://localhost/shop',
          schema: 'read_model',
        }),
        projections: 'all',
      }),
    }),
  ],
  providers: [UsersProjection],
})
export class ReadModelModule {}
