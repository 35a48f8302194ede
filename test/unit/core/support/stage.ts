import { setImmediate } from 'node:timers/promises';
import { runInThisContext } from 'node:vm';
import { MemoryBackend } from '../../../../lib/backends/memory/index.js';
import { Locker, type LockerOptions } from '../../../../lib/core/index.js';
import { FakeClock } from '../../../../lib/testing/fake-clock.js';
import { FaultyStore } from './faulty-store.js';

/** 10 s, the default, in the arithmetic of leases: ends at 9.9 s for its holder, who is told at 8.9 s. */
export const LEASE = { ms: 10_000, deadline: 9_900, margin: 1_000, safe: 8_900 } as const;

/** One process, one store, one clock that goes only when told. */
export class Stage {
  readonly clock = new FakeClock();
  readonly real = new MemoryBackend(this.clock);
  readonly store = new FaultyStore(this.clock, this.real);
  readonly locker: Locker;

  constructor(options: LockerOptions = {}) {
    this.locker = new Locker(this.store, { clock: this.clock, ...options });
  }

  /** Another process on the same store. */
  other(options: LockerOptions = {}): Locker {
    return new Locker(new FaultyStore(this.clock, this.real), { clock: this.clock, ...options });
  }

  /** A token past every one that the store has granted: proves that the key is free. */
  async freeToken(key: string): Promise<bigint | undefined> {
    const lease = await this.other().tryAcquire(key);
    await lease?.release();
    return lease?.token;
  }

  /** Everything that can settle without time going by has settled. */
  async settle(): Promise<void> {
    for (let i = 0; i < 5; i++) await setImmediate();
  }

  /** Ends every timer that a finished call leaves to fire for nothing, and tells what remains. */
  async residue(): Promise<{ timers: number; held: number; waiting: number; store: number }> {
    await this.clock.advance(60_000);
    return { timers: this.clock.pendingTimers, ...this.locker.counts(), store: this.real.size };
  }
}

export const NOTHING = { timers: 0, held: 0, waiting: 0, store: 0 } as const;

/** What a promise came to by now. */
export function watch<T>(promise: Promise<T>): { state: 'pending' | 'done' | 'failed'; value?: T; error?: unknown } {
  const seen: { state: 'pending' | 'done' | 'failed'; value?: T; error?: unknown } = { state: 'pending' };
  promise.then(
    (value) => Object.assign(seen, { state: 'done', value }),
    (error: unknown) => Object.assign(seen, { state: 'failed', error }),
  );
  return seen;
}

/** A promise and what settles it. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** The error a promise is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('It ought to have failed, and did not.');
}

/** Tests see a copy of `process`, which hears of nothing. */
export function realProcess(): NodeJS.Process {
  return runInThisContext('process') as NodeJS.Process;
}

/** Names of the warnings of this process since the call. (A rejection that nobody handles fails its test by itself.) */
export function listenForWarnings(): { readonly seen: unknown[]; stop(): void } {
  const real = realProcess();
  const seen: unknown[] = [];
  const note = ({ name }: Error): void => {
    if (name !== 'ExperimentalWarning') seen.push(name);
  };
  real.on('warning', note);
  return { seen, stop: () => void real.off('warning', note) };
}
