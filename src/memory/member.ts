/** A consumer of a group, as its group sees it. */
export interface Member {
  readonly name: string;
  /** Whether it still wants to be handed events. */
  readonly reading: boolean;
  /** The types that it handles; all when absent. */
  readonly types: ReadonlySet<string> | undefined;
  /** Whether events of parked keys are set aside before it sees them. */
  readonly parkKeys: boolean;
  /** Something may be there to take. */
  wake(): void;
  /** It no longer owns anything it holds. */
  lose(): void;
}
