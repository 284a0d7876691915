import { Module } from '@nestjs/common';
import { EventBackboneHealthModule } from 'nest-event-backbone/health';
import { HealthController } from './health.controller.js';

@Module({ imports: [EventBackboneHealthModule], controllers: [HealthController] })
export class HealthModule {}
