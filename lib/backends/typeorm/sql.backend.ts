import type { AcquireRequest, Busy, Hold, LockBackend } from '../../core/backend.js';
import { systemClock } from '../../core/clock.js';
import { deadlineOf, OPERATION_TIMEOUT_MS } from '../../core/deadline.js';
import { isLockError, LockBackendError } from '../../core/errors.js';
import { backOff } from './back-off.js';
import { Janitor } from './janitor.js';
import { type Dialect, isGrant, type LockTable } from './lock-table.js';
import { type Operate, type Operation, SqlHold } from './sql.hold.js';
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
  // Private to the language, not only to the compiler: who logs a backend must not log its credentials.
  readonly #dialect: Dialect;
  #opening: Promise<LockTable> | undefined;
  #table: LockTable | undefined;
  /** How often it was closed: what began before must not open it again, and grant a key that nobody would give back. */
  #closings = 0;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
    this.name = dialect.name;
  }

  async acquire(request: AcquireRequest): Promise<Hold | Busy> {
    const { key, owner, turns, leaseMs } = request;
    const operate = this.#operatorOn(key);
    if (this.#standBack.has(key)) {
      await this.#standBack.pass(key, () => operate((table) => table.look(key)), request.signal);
    }
    let sent = 0;
    const answer = await operate((table) => {
      sent = systemClock.mono();
      return table.acquire(key, owner, turns, leaseMs);
    });
    if (!isGrant(answer)) return { busy: true, remainingMs: Math.max(answer?.remainingMs ?? 0, 0) };
    // What remains, not what was asked for: a repeated request finds a lease that has been running for a while.
    const deadline = deadlineOf(sent, Math.min(answer.remainingMs, leaseMs));
    return new SqlHold(key, owner, answer, deadline, operate, this.#standBack);
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
    this.#closings++;
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

  async #operate<T>(operation: Operation<T>, boundMs = OPERATION_MS, key?: string): Promise<T> {
    const until = systemClock.mono() + boundMs;
    const closings = this.#closings;
    let table = this.#table;
    let mayBeDone = false;
    for (let failed = 1; ; failed++) {
      let trouble: 'rival' | 'link';
      try {
        this.#refuseIfClosed(closings, mayBeDone, key);
        if (table === undefined) {
          table = await this.#opened();
          // While it was opened.
          this.#refuseIfClosed(closings, mayBeDone, key);
        }
        return await operation(table, mayBeDone);
      } catch (cause) {
        if (isLockError(cause)) throw cause;
        const diagnosis = this.#dialect.diagnose(cause);
        // Before there is a table nothing was sent.
        mayBeDone ||= table !== undefined && diagnosis.outcome === 'unknown';
        if (diagnosis.trouble === 'fault' || systemClock.mono() >= until) {
          const outcome = mayBeDone ? 'unknown' : 'not-applied';
          const transient = diagnosis.trouble !== 'fault';
          throw new LockBackendError(diagnosis.message, { outcome, transient, key, backend: this.name, cause });
        }
        trouble = diagnosis.trouble;
      }
      await backOff(failed, trouble);
    }
  }

  /** @throws LockBackendError when it was closed since so many closings */
  #refuseIfClosed(closings: number, mayBeDone: boolean, key: string | undefined): void {
    if (closings === this.#closings) return;
    const message = 'The lock store was closed before it could do this.';
    throw new LockBackendError(message, { outcome: mayBeDone ? 'unknown' : 'not-applied', key, backend: this.name });
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
    const closings = this.#closings;
    const table = await this.#inTime(this.#dialect.open());
    if (closings !== this.#closings) return table;
    this.#table = table;
    this.#janitor.start();
    return table;
  }

  /** Drivers have been seen to wait for ever: one that comes too late is closed, and the next call opens another. */
  #inTime(opening: Promise<LockTable>): Promise<LockTable> {
    return new Promise((resolve, reject) => {
      const timer = systemClock.setTimer(() => {
        const message = 'The lock store did not answer while it was opened. Check that it is reachable.';
        reject(new LockBackendError(message, { outcome: 'not-applied', transient: true, backend: this.name }));
        opening.then((late) => late.close()).catch(() => undefined);
      }, OPERATION_MS);
      opening.then(resolve, reject).finally(() => {
        timer.cancel();
      });
    });
  }
}
