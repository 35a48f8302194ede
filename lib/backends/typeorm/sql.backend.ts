import type { AcquireRequest, Busy, Hold, LockBackend } from '../../core/backend.js';
import { systemClock } from '../../core/clock.js';
import { deadlineOf, OPERATION_TIMEOUT_MS } from '../../core/deadline.js';
import { isLockError, LockBackendError } from '../../core/errors.js';
import { Janitor } from './janitor.js';
import type { Awaitable, Dialect, LockTable } from './lock-table.js';
import { backOff } from './back-off.js';
import { type Operate, SqlHold } from './sql.hold.js';
import { StandBack } from './stand-back.js';
import { untilFree } from './until-free.js';

/** A block this long still lies within a few ms of the clock that tokens are minted from. */
const MAX_TURNS = 4096;
/** Shorter than the bound of the caller, who would have to take the outcome for unknown. */
const OPERATION_MS = 0.9 * OPERATION_TIMEOUT_MS;

/** One row per key, one statement per operation: the policy that every SQL engine shares. */
export class SqlBackend implements LockBackend {
  readonly name: string;
  readonly waits = false;
  readonly maxTurns = MAX_TURNS;
  readonly #standBack = new StandBack();
  readonly #janitor = new Janitor((after) => this.#operate((table) => table.purge(after)));
  #opening: Promise<LockTable> | undefined;
  #table: LockTable | undefined;

  constructor(private readonly dialect: Dialect) {
    this.name = dialect.name;
  }

  async acquire(request: AcquireRequest): Promise<Hold | Busy> {
    const { key, owner, turns, leaseMs } = request;
    const operate = this.#operatorOn(key);
    if (this.#standBack.has(key)) {
      await this.#standBack.pass(key, () => operate((table) => table.look(key)), request.signal);
    }
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
    return new SqlHold(key, owner, grant, deadline, operate, this.#standBack);
  }

  async freed(key: string, signal: AbortSignal): Promise<void> {
    const operate = this.#operatorOn(key);
    await operate((table) => untilFree(table, key, operate, signal));
  }

  async abandon(key: string, owner: string): Promise<void> {
    // Tokens stay where they are: nobody knows how many were used.
    await this.#operatorOn(key)((table) => table.release(key, owner, { used: MAX_TURNS, keepMs: 0 }));
  }

  async ping(): Promise<void> {
    await this.#operate((table) => table.ping());
  }

  async close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    const table = await opening?.catch(() => undefined);
    if (table === undefined) return;
    if (this.#table === table) {
      this.#table = undefined;
      this.#janitor.stop();
    }
    await table.close();
  }

  #operatorOn(key: string): Operate {
    return (operation, boundMs) => this.#operate(operation, boundMs, key);
  }

  async #operate<T>(operation: (table: LockTable) => Awaitable<T>, boundMs = OPERATION_MS, key?: string): Promise<T> {
    const until = systemClock.mono() + boundMs;
    let table = this.#table;
    for (let failed = 1; ; failed++) {
      try {
        table ??= await this.#opened();
        return await operation(table);
      } catch (cause) {
        if (isLockError(cause)) throw cause;
        const { message, outcome, transient } = this.dialect.diagnose(cause);
        if (!transient || systemClock.mono() >= until) {
          throw new LockBackendError(message, { outcome, transient, key, backend: this.name, cause });
        }
      }
      await backOff(failed);
      // What began before the store was closed must not open it again, and grant a key that nobody would give back.
      if (table !== undefined && table !== this.#table) {
        const message = 'The lock store was closed before it could do this.';
        throw new LockBackendError(message, { outcome: 'not-applied', key, backend: this.name });
      }
    }
  }

  /** One connection, however many ask for it at once; a failure is not remembered. */
  #opened(): Promise<LockTable> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #open(): Promise<LockTable> {
    const table = await this.dialect.open();
    this.#table = table;
    this.#janitor.start();
    return table;
  }
}
