import { Module } from '@nestjs/common';
import { EventBackboneModule } from 'nest-event-backbone';
import { kafkaChannel } from 'nest-event-backbone/kafka';
import { postgresPayloadStore } from 'nest-event-backbone/postgres';
import { redisPayloadStore } from 'nest-event-backbone/redis';
import { DamageReports } from './damage-reports.js';

const DAY_MS = 86_400_000;
const redisUrl = process.env['REDIS_URL'] ?? 'redis://localhost:6379';
const databaseUrl = process.env['DATABASE_URL'] ?? 'postgres://localhost/reports';

@Module({
  imports: [
    EventBackboneModule.forRoot({
      channel: kafkaChannel({
        brokers: ['localhost:9092'],
        payloads: redisPayloadStore({ url: redisUrl, prefix: 'rest' }),
      }),
      group: 'claims',
      payloads: {
        stores: {
          cache: redisPayloadStore({ url: redisUrl, prefix: 'cache' }),
          people: postgresPayloadStore({ url: databaseUrl, table: 'people' }),
          files: postgresPayloadStore({ url: databaseUrl, table: 'files' }),
        },
        routes: [
          { fields: 'personal', to: 'people' },
          { contract: DamageReports, fields: ['parcel'], to: ['cache', 'files'], ttlMs: { cache: DAY_MS } },
          { aboveBytes: 65_536, to: 'files', ttlMs: 400 * DAY_MS },
        ],
      },
    }),
    EventBackboneModule.forFeature([DamageReports]),
  ],
})
export class ReportsModule {}
