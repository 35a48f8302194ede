import { type AcquireRequest, type Busy, type Hold, isBusy, type LockBackend, type ReleaseRequest } from './backend.js';
import type { Clock } from './clock.js';
import { OPERATION_TIMEOUT_MS } from './deadline.js';
import { isLockError, LockBackendError, LockShutdownError } from './errors.js';

/**
 * A backend whose every call ends: each has a bound of our own, because drivers have been seen to wait for ever, and
 * whatever a driver throws comes out as LockBackendError.
 */
export class Store {
  readonly #closing = new AbortController();
  readonly #repeating = new Set<Promise<void>>();
  #closed = false;

  constructor(
    readonly backend: LockBackend,
    private readonly clock: Clock,
  ) {}

  /**
   * A grant that comes after the bound is given back. A store that queues waits as long as the signal lets it, and has
   * to answer within the bound from then on.
   */
  async acquire(request: AcquireRequest): Promise<Hold | Busy> {
    const answer = this.#call('acquire', request.key, () => this.backend.acquire(request));
    if (this.backend.waits) await settledOrAborted(answer, request.signal);
    const giveBack = (late: Hold | Busy): void => {
      if (!isBusy(late)) void this.release(request.key, late, { used: 0 }).catch(() => undefined);
    };
    return await this.#within(OPERATION_TIMEOUT_MS, 'acquire', request.key, answer, giveBack);
  }

  async release(key: string, hold: Hold, how: ReleaseRequest): Promise<boolean> {
    return await this.#within(
      OPERATION_TIMEOUT_MS,
      'release',
      key,
      this.#call('release', key, () => hold.release(how)),
    );
  }

  /** Repeats a release whose outcome is unknown, until the lease has ended by itself; once more when all closes. */
  async releaseLater(key: string, hold: Hold, how: () => ReleaseRequest, until: number): Promise<void> {
    const work = this.#repeatRelease(key, hold, how, until);
    this.#repeating.add(work);
    try {
      await work;
    } finally {
      this.#repeating.delete(work);
    }
  }

  async abandon(key: string, owner: string): Promise<void> {
    const done = this.#call('abandon', key, () => this.backend.abandon(key, owner));
    await this.#within(OPERATION_TIMEOUT_MS, 'abandon', key, done);
  }

  async ping(): Promise<void> {
    const pong = this.#call('ping', undefined, () => this.backend.ping());
    await this.#within(OPERATION_TIMEOUT_MS, 'ping', undefined, pong);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#repeating);
    const done = this.#call('close', undefined, async () => this.backend.close?.());
    this.#closed = true;
    await this.#within(OPERATION_TIMEOUT_MS, 'close', undefined, done);
  }

  /**
   * A session is renewed by the store's client; an answer of the store shows that it lives. Bounded by the keeper, which
   * has a timer for all of them.
   */
  async renew(key: string, hold: Hold, leaseMs: number): Promise<number | false> {
    return await this.#call('renew', key, async () => {
      if (hold.renew) return await hold.renew(leaseMs);
      await this.backend.ping();
      return hold.deadline;
    });
  }

  async #repeatRelease(key: string, hold: Hold, how: () => ReleaseRequest, until: number): Promise<void> {
    for (let pause = 50; !this.#isClosing() && this.clock.mono() + pause < until; pause *= 2) {
      await this.#pause(pause);
      try {
        await this.release(key, hold, how());
        return;
      } catch (error) {
        if (this.#isClosing() || this.clock.mono() + pause * 2 >= until) throw error;
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
      const timer = this.clock.setTimer(end, ms);
      signal.addEventListener('abort', end);
    });
  }

  async #call<T>(operation: string, key: string | undefined, call: () => Promise<T>): Promise<T> {
    // A closed backend would open itself again.
    if (this.#closed) throw new LockShutdownError({ key, backend: this.backend.name });
    try {
      return await call();
    } catch (cause) {
      if (isLockError(cause)) throw cause;
      const message = `The lock store failed to ${operation}. Check that it is reachable and healthy.`;
      throw new LockBackendError(message, { key, backend: this.backend.name, cause, outcome: 'unknown' });
    }
  }

  #within<T>(
    ms: number,
    operation: string,
    key: string | undefined,
    promise: Promise<T>,
    onLate?: (value: T) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let late = false;
      const timer = this.clock.setTimer(() => {
        late = true;
        const message = `The lock store did not answer ${operation} within ${String(ms)} ms. Check that it is reachable.`;
        reject(new LockBackendError(message, { key, backend: this.backend.name, outcome: 'unknown' }));
      }, ms);
      promise.then(
        (value) => {
          timer.cancel();
          if (late) onLate?.(value);
          else resolve(value);
        },
        (error: unknown) => {
          timer.cancel();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
  }
}

function settledOrAborted(answer: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      signal.removeEventListener('abort', end);
      resolve();
    };
    signal.addEventListener('abort', end);
    answer.then(end, end);
  });
}
