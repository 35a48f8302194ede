import { type Busy, type Hold, isBusy, type LockBackend, type ReleaseRequest } from './backend.js';
import type { AlarmClock } from './alarm-clock.js';
import { OPERATION_TIMEOUT_MS } from './deadline.js';
import type { LineRequest } from './line-request.js';
import { isLockError, LockBackendError, type LockError, LockShutdownError } from './errors.js';

/** Between two attempts to give something back to a store that fails. */
const SHORTEST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

/**
 * A backend whose every call ends: each has a bound of our own, because drivers have been seen to wait for ever, and
 * whatever a driver throws comes out as LockBackendError.
 */
export class Store {
  readonly #closing = new AbortController();
  /** What goes on in the background: it ends before the backend is closed. */
  readonly #background = new Set<Promise<unknown>>();
  #closed = false;

  constructor(
    readonly backend: LockBackend,
    private readonly clock: AlarmClock,
  ) {}

  /**
   * A grant that comes after the bound is given back. A store that queues waits as long as the signal lets it, and has
   * to answer within the bound from then on.
   */
  acquire(request: LineRequest): Promise<Hold | Busy> {
    const answer = this.#start(request.key, () => this.backend.acquire(request));
    if (!this.backend.waits || !request.mayWait) return this.#boundedAcquire(request.key, answer);
    return new Promise((resolve, reject) => {
      request.cancelled.onAbort(() => {
        // Not `resolve(…)`: an answer that had failed long before the abort would be a rejection that nobody handles.
        this.#boundedAcquire(request.key, answer).then(resolve, reject);
      });
      answer.then(resolve, (cause: unknown) => {
        reject(this.#errorOf('acquire', request.key, cause));
      });
    });
  }

  release(key: string, hold: Hold, how: ReleaseRequest): Promise<boolean> {
    const answer = this.#start(key, () => hold.release(how));
    return this.#within('release', key, answer);
  }

  /** Repeats a release whose outcome is unknown, until the lease has ended by itself; once more when all closes. */
  async releaseLater(key: string, hold: Hold, how: () => ReleaseRequest, until: number): Promise<void> {
    await this.#follow(this.#repeat(() => this.release(key, hold, how()), until));
  }

  /** For a hold that nobody asks about any more; not before that monotonic time, unless all closes. */
  giveBack(key: string, hold: Hold, how: ReleaseRequest, notBefore: number): void {
    const paused = this.#pause(notBefore - this.clock.mono());
    void this.#follow(paused.then(() => this.release(key, hold, how)).catch(() => undefined));
  }

  /**
   * Takes back what `owner` may have been granted; again and again while the store cannot be reached, until the lease has
   * ended by itself, because nobody else could have the key meanwhile.
   */
  abandon(key: string, owner: string, leaseMs: number): Promise<void> {
    const until = this.clock.mono() + leaseMs;
    const attempt = (): Promise<void> => {
      const answer = this.#start(key, () => this.backend.abandon(key, owner));
      return this.#within('abandon', key, answer);
    };
    return this.#follow(attempt().catch(() => this.#repeat(attempt, until)));
  }

  ping(): Promise<void> {
    const answer = this.#start(undefined, () => this.backend.ping());
    return this.#within('ping', undefined, answer);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#backgroundSettled();
    const answer = this.#start(undefined, async () => this.backend.close?.());
    this.#closed = true;
    await this.#within('close', undefined, answer);
  }

  /**
   * A session is renewed by the store's client; an answer of the store shows that it lives. Bounded by the hold, whose
   * renewals have less time than other calls.
   */
  async renew(key: string, hold: Hold, leaseMs: number): Promise<number | false> {
    try {
      return await this.#start(key, async () => {
        if (hold.renew) return await hold.renew(leaseMs);
        await this.backend.ping();
        return hold.deadline;
      });
    } catch (cause) {
      throw this.#errorOf('renew', key, cause);
    }
  }

  #boundedAcquire(key: string, answer: Promise<Hold | Busy>): Promise<Hold | Busy> {
    return this.#within('acquire', key, answer, () => {
      const back = answer.then((late) => isBusy(late) || this.release(key, late, { used: 0 }));
      void this.#follow(back.catch(() => undefined));
    });
  }

  async #repeat(attempt: () => Promise<unknown>, until: number): Promise<void> {
    let pause = SHORTEST_PAUSE_MS;
    while (!this.#isClosing() && this.clock.mono() + pause < until) {
      await this.#pause(pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
      try {
        await attempt();
        return;
      } catch (error) {
        if (this.#isClosing() || this.clock.mono() + pause >= until) throw error;
      }
    }
  }

  #isClosing(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Ends early when all closes. */
  #pause(ms: number): Promise<void> {
    const { signal } = this.#closing;
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = this.clock.at(this.clock.mono() + ms, end);
      signal.addEventListener('abort', end);
    });
  }

  #follow<T>(work: Promise<T>): Promise<T> {
    const ended = (): void => {
      this.#background.delete(work);
    };
    this.#background.add(work);
    work.then(ended, ended);
    return work;
  }

  async #backgroundSettled(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.clock.at(this.clock.mono() + OPERATION_TIMEOUT_MS, resolve, true);
      void Promise.allSettled(this.#background).then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  #start<T>(key: string | undefined, call: () => Promise<T>): Promise<T> {
    // A closed backend would open itself again.
    if (this.#closed) return Promise.reject(new LockShutdownError({ key, backend: this.backend.name }));
    try {
      return call();
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** No `async` and one promise: this is on the way of every lock. */
  #within<T>(operation: string, key: string | undefined, answer: Promise<T>, onSilence?: () => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timer = this.clock.at(this.clock.mono() + OPERATION_TIMEOUT_MS, () => {
        reject(this.#silence(operation, key));
        onSilence?.();
      });
      answer.then(
        (value) => {
          timer.cancel();
          resolve(value);
        },
        (cause: unknown) => {
          timer.cancel();
          reject(this.#errorOf(operation, key, cause));
        },
      );
    });
  }

  #silence(operation: string, key: string | undefined): LockBackendError {
    const message = `The lock store did not answer ${operation} within ${String(OPERATION_TIMEOUT_MS)} ms. Check that it is reachable.`;
    return new LockBackendError(message, { key, backend: this.backend.name, outcome: 'unknown' });
  }

  #errorOf(operation: string, key: string | undefined, cause: unknown): LockError {
    if (isLockError(cause)) return cause;
    const message = `The lock store failed to ${operation}. Check that it is reachable and healthy.`;
    return new LockBackendError(message, { key, backend: this.backend.name, cause, outcome: 'unknown' });
  }
}
