import { randomUUID } from 'node:crypto';
import type { LockBackend } from './backend.js';
import { AlarmClock } from './alarm-clock.js';
import { systemClock } from './clock.js';
import type { LockerContext } from './context.js';
import { findOwnLease } from './current-lease.js';
import { type ConfiguredDuration, parseDuration } from './duration.js';
import { LockBusyError, LockQuotaError, LockShutdownError, LockUsageError } from './errors.js';
import { join } from './joined-lease.js';
import { inLockingOrder, storeKeyOf } from './key.js';
import type { Lease } from './lease.js';
import { LeaseSet } from './lease-set.js';
import { checkOwn, type LockerOptions, quotaOf } from './locker-options.js';
import { Line } from './line.js';
import type { LiveLease } from './live-lease.js';
import { type CallOptions, prepare, type Settings, type Taken, type UsingOptions } from './options.js';
import { answerBusy, perform } from './perform.js';
import { Store } from './store.js';
import { Telemetry } from './telemetry.js';

type Work<L, T> = (lease: L) => T | Promise<T>;
type Skipping = UsingOptions & { readonly onBusy: 'skip' };
type Throwing = UsingOptions & { readonly onBusy?: 'throw' | undefined };
type Answering<B> = UsingOptions<B> & { readonly onBusy: (busy: Taken) => B | Promise<B> };

/**
 * Policy over one backend: takes, keeps and gives back locks. `LockService` is this, as NestJS injects it; without
 * NestJS use it directly and `close()` it at the end.
 */
export class Locker {
  readonly id = randomUUID();
  readonly name: string;
  readonly #context: LockerContext;
  readonly #defaults: Settings;
  readonly #lines = new Map<string, Line>();
  #closing: Promise<void> | undefined;
  #whenIdle: (() => void) | undefined;

  /** @throws LockOptionsError naming the option that is unknown or out of bounds */
  constructor(
    readonly backend: LockBackend,
    options: LockerOptions = {},
  ) {
    checkOwn(backend, options);
    const { name = 'default', quota, clock: machine = systemClock, ...defaults } = options;
    const clock = new AlarmClock(machine);
    this.name = name;
    this.#defaults = prepare(defaults);
    this.#context = {
      backend,
      store: new Store(backend, clock),
      clock,
      telemetry: new Telemetry(clock, { locker: this.id, name, backend: backend.name }),
      quota: quotaOf(quota),
      tally: { held: 0, waiting: 0 },
      longestWaitMs: Infinity,
    };
  }

  /**
   * Checks options once, for many calls: what it returns is accepted wherever options are.
   *
   * @throws LockOptionsError
   */
  prepare(options?: UsingOptions): Settings {
    return prepare(options, this.#defaults);
  }

  /**
   * Does `work` while holding the key; gives the key back when it has settled, whatever happens. Inside of work that
   * holds the same key already it joins that lease (same token; `wait`, `signal`, `onBusy` and `onLost` apply, the rest
   * is the outer lease's).
   *
   * @returns what `work` returns
   * @throws what `work` throws, never wrapped; LockBusyError, LockTimeoutError, LockAbortedError, LockBackendError,
   *   LockQuotaError, LockShutdownError before it; LockLostError after it, when the lease was lost meanwhile
   */
  using<T>(key: string, work: Work<Lease, T>): Promise<T>;
  using<T>(key: string, options: Skipping, work: Work<Lease, T>): Promise<T | undefined>;
  using<T, B>(key: string, options: Answering<B>, work: Work<Lease, T>): Promise<T | B>;
  using<T>(key: string, options: Throwing | undefined, work: Work<Lease, T>): Promise<T>;
  using<T>(keys: readonly string[], work: Work<LeaseSet, T>): Promise<T>;
  using<T>(keys: readonly string[], options: Skipping, work: Work<LeaseSet, T>): Promise<T | undefined>;
  using<T, B>(keys: readonly string[], options: Answering<B>, work: Work<LeaseSet, T>): Promise<T | B>;
  using<T>(keys: readonly string[], options: Throwing | undefined, work: Work<LeaseSet, T>): Promise<T>;
  async using(keys: string | readonly string[], second: unknown, third?: Work<never, unknown>): Promise<unknown> {
    const [options, work] = typeof second === 'function' ? [undefined, second] : [second, third];
    if (typeof work !== 'function' || (work === second && third !== undefined)) {
      throw new LockUsageError('using() takes a key, options if there are any, and last the work, a function.');
    }
    return await this.run(keys, prepare(options, this.#defaults), work as Work<Lease | LeaseSet, unknown>);
  }

  /** `using` for integrations: options {@link prepare}d, and one kind of work for one key or several. */
  async run(
    keys: string | readonly string[],
    settings: Settings,
    work: Work<Lease | LeaseSet, unknown>,
  ): Promise<unknown> {
    let leases: LiveLease[];
    try {
      leases = await this.#take(keys, settings, true);
    } catch (error) {
      return await answerBusy(error, settings);
    }
    return await perform(this, leases, settings, () => work(viewOf(keys, leases)));
  }

  /**
   * Takes the key and leaves it to the caller to give it back: `await using lease = await locks.acquire('order:42')`.
   *
   * @throws LockBusyError (`wait: 0`), LockTimeoutError, LockAbortedError, LockBackendError, LockQuotaError,
   *   LockShutdownError; LockUsageError inside of work that holds the same key, because it would wait for itself
   */
  acquire(key: string, options?: CallOptions): Promise<Lease>;
  acquire(keys: readonly string[], options?: CallOptions): Promise<LeaseSet>;
  async acquire(keys: string | readonly string[], options?: CallOptions): Promise<Lease | LeaseSet> {
    const settings = prepare(options, this.#defaults);
    if (!isList(keys)) return await this.#takeOne(keys, settings, false);
    return viewOf(keys, await this.#take(keys, settings, false));
  }

  /**
   * Tries once and does not wait.
   *
   * @returns the lease, or `undefined` when the key is taken
   * @throws LockBackendError, LockQuotaError, LockShutdownError
   */
  tryAcquire(key: string, options?: Omit<CallOptions, 'wait'>): Promise<Lease | undefined>;
  tryAcquire(keys: readonly string[], options?: Omit<CallOptions, 'wait'>): Promise<LeaseSet | undefined>;
  async tryAcquire(
    keys: string | readonly string[],
    options?: Omit<CallOptions, 'wait'>,
  ): Promise<Lease | LeaseSet | undefined> {
    try {
      return viewOf(keys, await this.#take(keys, { ...prepare(options, this.#defaults), waitMs: 0 }, false));
    } catch (error) {
      if (error instanceof LockBusyError) return undefined;
      throw error;
    }
  }

  /** How many leases are held and how many callers wait in this process. */
  counts(): { readonly held: number; readonly waiting: number } {
    return { ...this.#context.tally };
  }

  /** Whether {@link close} was called. */
  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  /** @throws LockBackendError when the store does not answer */
  async ping(): Promise<void> {
    await this.#context.store.ping();
  }

  /** First step of a shutdown, while the server still serves: locks are granted, but nobody waits longer than `wait`. */
  quiesce(wait: ConfiguredDuration): void {
    this.#context.longestWaitMs = parseDuration('wait', wait);
    const until = this.#context.clock.mono() + this.#context.longestWaitMs;
    for (const line of this.#lines.values()) line.cap(until);
  }

  /**
   * Refuses new callers, sends the waiting ones away, lets holders work on for `drain` (default 10 s), takes the key
   * from those who are left, gives all back, and closes what the backend opened.
   */
  async close({ drain = 10_000 }: { drain?: ConfiguredDuration | undefined } = {}): Promise<void> {
    await (this.#closing ??= this.#close(parseDuration('drain', drain)));
  }

  async #close(drainMs: number): Promise<void> {
    const { clock, store } = this.#context;
    for (const line of this.#lines.values()) line.dismiss(new LockShutdownError());
    const idle = new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
    this.#checkIdle();
    const revokeAll = (): void => {
      for (const line of this.#lines.values()) line.revoke('shutdown');
    };
    const timer = clock.at(clock.mono() + drainMs, revokeAll, true);
    await idle;
    timer.cancel();
    await store.close();
    clock.close();
  }

  #checkIdle(): void {
    if (this.#lines.size === 0) this.#whenIdle?.();
  }

  async #take(keys: string | readonly string[], settings: Settings, mayJoin: boolean): Promise<LiveLease[]> {
    if (!isList(keys)) return [await this.#takeOne(keys, settings, mayJoin)];
    const { clock } = this.#context;
    // Before anything is touched.
    for (const key of keys) storeKeyOf(settings.namespace, key);
    const deadline = clock.mono() + settings.waitMs;
    const leases: LiveLease[] = [];
    try {
      for (const key of inLockingOrder(keys)) {
        const waitMs = settings.waitMs === 0 ? 0 : Math.max(1, deadline - clock.mono());
        leases.push(await this.#takeOne(key, { ...settings, waitMs }, mayJoin));
      }
      // The first may have been lost while the last was being waited for.
      for (const lease of leases) lease.assertHeld();
      return leases;
    } catch (error) {
      await new LeaseSet(leases)[Symbol.asyncDispose]();
      throw error;
    }
  }

  #takeOne(key: string, settings: Settings, mayJoin: boolean): Promise<LiveLease> {
    const storeKey = storeKeyOf(settings.namespace, key);
    const own = findOwnLease(this, storeKey);
    if (own && mayJoin) return join(own, key, settings);
    if (own && settings.waitMs > 0) {
      const cure = 'Use using() to join it, release it first, or call inside detached().';
      const message = `The running work holds this key already and would wait for itself. ${cure}`;
      throw new LockUsageError(message, { key: storeKey, backend: this.backend.name });
    }
    if (this.#closing) throw new LockShutdownError({ key: storeKey, backend: this.backend.name });
    return this.#lineOf(storeKey).enter(key, settings);
  }

  #lineOf(storeKey: string): Line {
    let line = this.#lines.get(storeKey);
    if (!line) {
      // A key has one lease at most: so never more are held, however many ask at once.
      const { quota, backend } = this.#context;
      if (this.#lines.size >= quota.held) {
        const where = { key: storeKey, backend: backend.name };
        throw new LockQuotaError('keys held or waited for', quota.held, where);
      }
      line = new Line(this.#context, storeKey, () => {
        this.#lines.delete(storeKey);
        this.#checkIdle();
      });
      this.#lines.set(storeKey, line);
    }
    return line;
  }
}

/** One key, one lease; a list of keys, a set, also when it is a list of one. */
function viewOf(keys: string, leases: readonly LiveLease[]): Lease;
function viewOf(keys: string | readonly string[], leases: readonly LiveLease[]): Lease | LeaseSet;
function viewOf(keys: string | readonly string[], leases: readonly LiveLease[]): Lease | LeaseSet {
  const [first] = leases;
  return !isList(keys) && first ? first : new LeaseSet(leases);
}

function isList(keys: string | readonly string[]): keys is readonly string[] {
  return Array.isArray(keys);
}
