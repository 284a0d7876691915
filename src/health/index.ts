/** `nest-event-backbone/health`: an indicator for `@nestjs/terminus`. Without Terminus, inject `BackboneHealth`. */
export { EventBackboneHealthIndicator, type IndicatorOptions } from './event-backbone-health.indicator.js';
export { EventBackboneHealthModule } from './event-backbone-health.module.js';
