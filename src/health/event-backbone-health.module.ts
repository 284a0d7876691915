import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { EventBackboneHealthIndicator } from './event-backbone-health.indicator.js';

/** Provides {@link EventBackboneHealthIndicator} to the module that imports it. */
@Module({
  imports: [TerminusModule],
  providers: [EventBackboneHealthIndicator],
  exports: [EventBackboneHealthIndicator, TerminusModule],
})
export class EventBackboneHealthModule {}
