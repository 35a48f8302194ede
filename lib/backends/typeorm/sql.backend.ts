import type { AcquireRequest, Busy, Hold, LockBackend } from '../../core/backend.js';
import { OPERATION_TIMEOUT_MS, deadlineOf } from '../../core/deadline.js';
import { systemClock } from '../../core/clock.js';
import { LockBackendError, isLockError } from '../../core/errors.js';
import { Janitor } from './janitor.js';
import type { Awaitable, Dialect, LockTable } from './lock-table.js';
import { retry } from './retry.js';
import { type Operate, SqlHold } from './sql.hold.js';
import { StandBack } from './stand-back.js';
import { untilFree } from './until-free.js';

/** A block this long still lies within a few ms of the clock that tokens are minted from. */
const MAX_TURNS = 4096;

/** One row per key, one statement per operation: the policy that every SQL engine shares. */
export class SqlBackend implements LockBackend {
  readonly name: string;
  readonly waits = false;
  readonly maxTurns = MAX_TURNS;
  private readonly standBack = new StandBack();
  private readonly janitor: Janitor;
  private table: LockTable | undefined;
  private opening: Promise<LockTable> | undefined;

  constructor(private readonly dialect: Dialect) {
    this.name = dialect.name;
    this.janitor = new Janitor((after) => this.operate((table) => table.purge(after)));
  }

  async acquire({ key, owner, turns, leaseMs, signal }: AcquireRequest): Promise<Hold | Busy> {
    const operate = this.operatorOf(key);
    if (this.standBack.has(key)) await this.standBack.pass(key, () => operate((table) => table.look(key)), signal);
    let sent = 0;
    const grant = await operate((table) => {
      sent = systemClock.mono();
      return table.acquire(key, owner, turns, leaseMs);
    });
    if (grant === undefined) {
      const row = await operate((table) => table.look(key));
      return { busy: true, remainingMs: Math.max(row?.remainingMs ?? 0, 0) };
    }
    // What remains, not what was asked for: a repeated request finds a lease that has been running for a while.
    const deadline = deadlineOf(sent, Math.min(grant.remainingMs, leaseMs));
    return new SqlHold(key, owner, grant, deadline, operate, (last) => {
      this.standBack.start(key, last);
    });
  }

  async freed(key: string, signal: AbortSignal): Promise<void> {
    try {
      await untilFree(await this.opened(), key, this.operatorOf(key), signal);
    } catch {
      // A hint cannot fail: the attempt that follows tells what is wrong, to somebody who can be told.
    }
  }

  async abandon(key: string, owner: string): Promise<void> {
    // Tokens stay where they are: nobody knows how many were used.
    await this.operatorOf(key)((table) => table.release(key, owner, { used: MAX_TURNS, keepMs: 0 }));
  }

  async ping(): Promise<void> {
    await this.operate((table) => table.ping());
  }

  async close(): Promise<void> {
    this.janitor.stop();
    const table = this.table ?? (await this.opening?.catch(() => undefined));
    this.table = this.opening = undefined;
    await table?.close();
  }

  private operatorOf(key: string): Operate {
    return (operation, boundMs) => this.operate(operation, boundMs, key);
  }

  private async operate<T>(
    operation: (table: LockTable) => Awaitable<T>,
    boundMs: number = OPERATION_TIMEOUT_MS,
    key?: string,
  ): Promise<T> {
    try {
      const table = this.table ?? (await this.opened());
      return await retry(
        () => operation(table),
        (error) => this.dialect.diagnose(error).transient,
        boundMs,
      );
    } catch (cause) {
      if (isLockError(cause)) throw cause;
      const { message, ...diagnosis } = this.dialect.diagnose(cause);
      throw new LockBackendError(message, { ...diagnosis, key, backend: this.name, cause });
    }
  }

  /** One connection, however many ask for it at once; a failed attempt is not remembered. */
  private opened(): Promise<LockTable> {
    this.opening ??= this.open().catch((error: unknown) => {
      this.opening = undefined;
      throw error;
    });
    return this.opening;
  }

  private async open(): Promise<LockTable> {
    const table = await this.dialect.open();
    this.table = table;
    this.janitor.start();
    return table;
  }
}
