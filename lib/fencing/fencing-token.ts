/** What a fence compares. A `Lease` is one; `parseFencingToken` makes one of what came from outside. */
export interface FencingToken {
  /** The key's name in the lock store: namespace included. It names the row of the fence. */
  readonly storeKey: string;
  /** Grows with every grant of the key. */
  readonly token: bigint;
  /** Kind of the lock store: `redis`, `postgres` … Tokens of different kinds cannot be compared. */
  readonly backend: string;
}
