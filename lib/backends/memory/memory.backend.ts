import { setImmediate } from 'node:timers/promises';
import type { AcquireRequest, Busy, Hold, LockBackend, ReleaseRequest } from '../../core/backend.js';
import { type Clock, systemClock } from '../../core/clock.js';
import { deadlineOf } from '../../core/deadline.js';
import { LockOptionsError } from '../../core/errors.js';

export interface MemoryOptions {
  /** Says that this application runs as one single process; without it `memory()` refuses to start in production. */
  readonly singleProcess?: boolean | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * Locks of one process, kept in its memory: for tests, for development, for applications that run only once.
 *
 * @throws LockOptionsError in production (`NODE_ENV`), unless `singleProcess` is `true`
 */
export function memory(options: MemoryOptions = {}): LockBackend {
  if (process.env['NODE_ENV'] === 'production' && options.singleProcess !== true) {
    throw new LockOptionsError(
      'backend',
      'is `memory`, which keeps other processes out of nothing. Choose a shared store for production, or write ' +
        '`memory({ singleProcess: true })` if this application runs as one single process.',
    );
  }
  return new MemoryBackend(options.clock);
}

/** A key that is held, or kept for a while after its release. */
interface Entry {
  /** Of the holder; nobody owns a key that is merely kept. */
  owner: string | undefined;
  /** Monotonic ms; from then on the key is free. */
  expires: number;
  /** Last token that may have been used. */
  last: number;
  readonly hold: Hold;
}

const SWEEP_FROM = 1024;

/** The reference for every other store: the rules of the seam, and nothing else. */
export class MemoryBackend implements LockBackend {
  readonly name = 'memory';
  readonly waits = false;
  readonly maxTurns = 2 ** 16;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #sleepers = new Map<string, Set<() => void>>();
  /** No key that was forgotten has seen a larger token: so a free key needs no entry. */
  #floor = 0;
  #sweepAt = SWEEP_FROM;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Entries in memory: keys held or kept, waiters asleep, and what has expired since the last sweep. */
  get size(): number {
    return this.#entries.size + this.#sleepers.size;
  }

  acquire(request: AcquireRequest): Promise<Hold | Busy> {
    const now = this.#clock.mono();
    const entry = this.#live(request.key, now) ?? this.#grant(request, now);
    return Promise.resolve(
      entry.owner === request.owner ? entry.hold : { busy: true, remainingMs: entry.expires - now },
    );
  }

  freed(key: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#live(key, this.#clock.mono()) === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const sleepers = this.#sleepers.get(key) ?? new Set();
      const wake = () => {
        signal.removeEventListener('abort', wake);
        sleepers.delete(wake);
        if (sleepers.size === 0) this.#sleepers.delete(key);
        resolve();
      };
      this.#sleepers.set(key, sleepers.add(wake));
      signal.addEventListener('abort', wake);
    });
  }

  abandon(key: string, owner: string): Promise<void> {
    const entry = this.#live(key, this.#clock.mono());
    if (entry?.owner === owner) this.#release(key, entry, { used: entry.hold.count });
    return Promise.resolve();
  }

  ping(): Promise<void> {
    return Promise.resolve();
  }

  #live(key: string, now: number): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || now < entry.expires) return entry;
    this.#forget(key, entry);
    return undefined;
  }

  #forget(key: string, entry: Entry): void {
    this.#floor = Math.max(this.#floor, entry.last);
    this.#entries.delete(key);
  }

  #grant({ key, owner, leaseMs, turns }: AcquireRequest, now: number): Entry {
    if (this.#entries.size >= this.#sweepAt) this.#sweep(now);
    // Wall time in µs, as in every store: tokens keep growing when the process starts again.
    const first = Math.max(this.#floor + 1, Math.floor(this.#clock.wall() * 1000));
    const hold: Hold = {
      first: BigInt(first),
      count: turns,
      deadline: deadlineOf(now, leaseMs),
      renew: (renewedMs) => Promise.resolve(this.#renew(key, entry, renewedMs)),
      release: (how) => {
        const isWanted = this.#sleepers.has(key);
        const released = this.#release(key, entry, how);
        // Who was woken asks before who releases hears of it and asks again: it would always be faster.
        return isWanted ? setImmediate(released) : Promise.resolve(released);
      },
    };
    const entry: Entry = { owner, expires: now + leaseMs, last: first + turns - 1, hold };
    this.#entries.set(key, entry);
    return entry;
  }

  #renew(key: string, entry: Entry, leaseMs: number): number | false {
    const now = this.#clock.mono();
    if (this.#live(key, now) !== entry || entry.owner === undefined) return false;
    entry.expires = now + leaseMs;
    return deadlineOf(now, leaseMs);
  }

  #release(key: string, entry: Entry, { used, keepMs = 0 }: ReleaseRequest): boolean {
    const now = this.#clock.mono();
    if (this.#live(key, now) !== entry || entry.owner === undefined) return false;
    entry.owner = undefined;
    entry.last -= entry.hold.count - used;
    entry.expires = now + keepMs;
    if (keepMs <= 0) this.#forget(key, entry);
    // Also when the key is kept: they may be waiting for a later end than the one it has now.
    for (const wake of this.#sleepers.get(key) ?? []) wake();
    return true;
  }

  /** Drops what expired and was never asked for again, without a timer; not again before the map has doubled. */
  #sweep(now: number): void {
    for (const key of this.#entries.keys()) this.#live(key, now);
    this.#sweepAt = Math.max(SWEEP_FROM, 2 * this.#entries.size);
  }
}
