import type { Hold, ReleaseRequest } from '../../core/backend.js';
import { deadlineOf } from '../../core/deadline.js';
import { blockOf } from './block.js';
import type { LockOperations } from './lock.operations.js';
import type { KeyNames } from './key-names.js';

export interface Granted {
  readonly value: string;
  readonly deadline: number;
  readonly grantedMs?: number;
}

/** A key that this process holds: whoever knows the lock's value may renew it and give it back. */
export class RedisHold implements Hold {
  readonly first: bigint;
  readonly count: number;
  readonly deadline: number;
  readonly grantedMs?: number;
  readonly #value: string;

  constructor(
    private readonly names: KeyNames,
    private readonly operations: LockOperations,
    { value, deadline, grantedMs }: Granted,
  ) {
    const { first, count } = blockOf(value);
    this.first = first;
    this.count = count;
    this.deadline = deadline;
    if (grantedMs !== undefined) this.grantedMs = grantedMs;
    this.#value = value;
  }

  async renew(leaseMs: number): Promise<number | false> {
    const sent = performance.now();
    const renewed = await this.operations.renew(this.names, this.#value, leaseMs);
    return renewed && deadlineOf(sent, leaseMs);
  }

  release(how: ReleaseRequest): Promise<boolean> {
    return this.operations.release(this.names, this.#value, how);
  }
}
