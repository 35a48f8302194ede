/*
 * What SqlBackend needs of an engine. The policy (attempts, deadlines, waiting, standing back) is written once above
 * this line; SQL texts, the clock expression, how rows come back and how waiters are woken stand below it, per engine.
 */

import type { Diagnosis } from './diagnosis.js';

export type Awaitable<T> = T | Promise<T>;

/** One SQL engine. */
export interface Dialect {
  /** Short name for errors and telemetry: `sqlite`. */
  readonly name: string;
  /** Connects, and makes the table where that is the engine's custom. */
  open(): Promise<LockTable>;
  /** What an error of {@link open} or of a {@link LockTable} means. */
  diagnose(error: unknown): Diagnosis;
}

/**
 * The lock table behind an open connection. Every method is one attempt and fails with the driver's own errors.
 * "Live" and "now" are judged by the database's clock.
 */
export interface LockTable {
  /**
   * Grants the key unless a live row of another owner stands there: then that row, if it could still be seen. The same
   * owner gets the same block again: the answer to a first request may have been lost.
   */
  acquire(key: string, owner: string, turns: number, leaseMs: number): Awaitable<Grant | Row | undefined>;
  /** Whether the live row was still the owner's; then it lives `leaseMs` from now. */
  renew(key: string, owner: string, leaseMs: number): Awaitable<boolean>;
  /** Gives back the owner's live row, and tells the waiters if there are any. `undefined`: it was not the owner's. */
  release(key: string, owner: string, how: Return): Awaitable<Returned | undefined>;
  /** `undefined`: nobody ever had the key, or it was forgotten. */
  look(key: string): Awaitable<Row | undefined>;
  /**
   * Leaves word that somebody waits for the key during the next `ms`, unless word is there for half of that already.
   *
   * @returns how long the present lease still runs, in ms; `undefined`: the key is free, or just changed hands
   */
  want(key: string, ms: number): Awaitable<number | undefined>;
  /** Calls `wake` when a release of the key is told, from now on; also for nothing at times. */
  listen(key: string, wake: () => void): Listener;
  /** Forgets idle rows in a bounded slice of the table behind the key `after`; returns where the next slice begins. */
  purge(after: string): Awaitable<string | undefined>;
  /** Settles when the table can be used. */
  ping(): Awaitable<void>;
  /** Closes the connection and wakes every listener. */
  close(): Awaitable<void>;
}

export interface Grant {
  readonly first: bigint;
  readonly last: bigint;
  /** How long the lease runs, in ms: less than was asked for when an earlier request had been granted already. */
  readonly remainingMs: number;
}

export function isGrant(answer: Grant | Row | undefined): answer is Grant {
  return answer !== undefined && 'first' in answer;
}

export interface Return {
  /** How many tokens of the block were used; the others are given back. */
  readonly used: number;
  /** Keep the key away from everybody for so many ms more. */
  readonly keepMs: number;
}

export interface Returned {
  /** Whether another process has left word that it waits. */
  readonly wanted: boolean;
}

export interface Row {
  /** ≤ 0: free. */
  readonly remainingMs: number;
  /** How long the word of waiting still holds; ≤ 0: nobody waits. */
  readonly wantedMs: number;
  /** The last token of the block that was granted last, or the last that was used of it. */
  readonly last: bigint;
}

export interface Listener {
  /** Whether tellings arrive at present; where not, the waiter has to look by itself. */
  readonly hears: boolean;
  close(): void;
}
