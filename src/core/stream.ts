/** Names one stream: the events of a contract in one environment. */
export interface Stream {
  readonly environment: string;
  readonly contract: string;
}
