/** Something that is not as it should be. */
export interface HealthProblem {
  readonly status: 'degraded' | 'down';
  readonly kind:
    | 'away'
    | 'failed'
    | 'stuck'
    | 'lagging'
    | 'pending'
    | 'leaseLost'
    | 'deadLetters'
    | 'paused'
    | 'projection'
    | 'relay';
  /** `orders:billing`, the stream and the group; the name of a projection or relay; absent where it is about the server. */
  readonly of?: string;
  /** One sentence for people. */
  readonly message: string;
}
