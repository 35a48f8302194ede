import type { Hold, ReleaseRequest } from '../../core/backend.js';
import { systemClock } from '../../core/clock.js';
import { deadlineOf, renewTimeoutMs } from '../../core/deadline.js';
import type { Awaitable, Grant, LockTable } from './lock-table.js';
import type { StandBack } from './stand-back.js';

/** `mayBeDone`: an earlier attempt may have been applied, only its answer was lost. */
export type Operation<T> = (table: LockTable, mayBeDone: boolean) => Awaitable<T>;

/** Runs an operation on the lock table, repeats it within the bound when that makes sense, and names its errors. */
export type Operate = <T>(operation: Operation<T>, boundMs?: number) => Promise<T>;

/** A granted row, known to the table by its owner: the row holds the block's tokens, a turn's token would not match. */
export class SqlHold implements Hold {
  readonly first: bigint;
  readonly count: number;

  constructor(
    private readonly key: string,
    private readonly owner: string,
    grant: Grant,
    readonly deadline: number,
    private readonly operate: Operate,
    private readonly standBack: StandBack,
  ) {
    this.first = grant.first;
    this.count = Number(grant.last - grant.first) + 1;
  }

  async renew(leaseMs: number): Promise<number | false> {
    let sent = 0;
    const renewed = await this.operate((table) => {
      sent = systemClock.mono();
      return table.renew(this.key, this.owner, leaseMs);
    }, renewTimeoutMs(leaseMs));
    return renewed && deadlineOf(sent, leaseMs);
  }

  async release({ used, keepMs = 0 }: ReleaseRequest): Promise<boolean> {
    const sent = systemClock.mono();
    return await this.operate(async (table, mayBeDone) => {
      const returned = await table.release(this.key, this.owner, { used, keepMs });
      if (returned?.wanted === true) {
        this.standBack.start(this.key, this.first + BigInt(used) - 1n, systemClock.mono() - sent);
      }
      // Not ours any more after an attempt whose answer was lost: that attempt has released it.
      return returned !== undefined || mayBeDone;
    });
  }
}
