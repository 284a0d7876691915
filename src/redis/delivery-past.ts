import type { DeliveryPast } from '../core/index.js';

/** Reads what a group remembers about an event: how often it failed, how often it was started again, and if it was redriven. */
export function pastOf(text: string): DeliveryPast | undefined {
  const [failures, starts, redriven] = text.split(' ').map(Number);
  if (failures === undefined || starts === undefined || redriven === undefined) return undefined;
  // A start that was neither settled nor taken back went down with its consumer.
  return { failures, crashes: starts, redriven: redriven > 0 };
}
