export type Direction = 'toServer' | 'toClient';

/** Sees what passes, chunk by chunk as sockets read it, and answers what is to pass instead; undefined: nothing. */
export type Filter = (direction: Direction, chunk: Buffer) => Buffer | undefined;

/** What is wrong with all connections of a proxy at the moment. */
export interface Faults {
  /** Where nothing passes. */
  readonly holes: readonly Direction[];
  readonly delayMs: number;
  readonly filter: Filter;
}

export const HEALTHY: Faults = { holes: [], delayMs: 0, filter: (_direction, chunk) => chunk };

/** As behind a router that has forgotten the connection. */
export const FROZEN: Faults = { ...HEALTHY, holes: ['toServer', 'toClient'] };
