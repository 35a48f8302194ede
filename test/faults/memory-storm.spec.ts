import { MemoryBackend } from '../../lib/backends/memory/index.js';
import { isLockError, type Lease, LockBackendError, Locker } from '../../lib/core/index.js';
import { FakeClock } from '../../lib/testing/fake-clock.js';
import {
  answeredAfter,
  appliedButFails,
  arrivesAfter,
  blackhole,
  type Fault,
  fails,
  FaultyStore,
  type Operation,
  replyLost,
} from '../unit/core/support/faulty-store.js';
import { History } from '../unit/core/support/history.js';
import { seeded } from '../unit/core/support/random.js';

const PROCESSES = 3;
const CLIENTS = 6;
const CALLS = 25;
const KEYS = ['a', 'b', 'c'];

/** Several processes on one store, whose links are cut, slow and forgetful, while their callers do all they may. */
class Storm {
  readonly clock = new FakeClock();
  readonly real = new MemoryBackend(this.clock);
  readonly history = new History(this.clock);
  readonly surprises: unknown[] = [];
  readonly lockers: Locker[] = [];
  readonly outcomes = new Map<string, number>();
  #faulty = true;

  constructor(private readonly random: () => number) {
    for (let i = 0; i < PROCESSES; i++) {
      const store = new FaultyStore(this.clock, this.real);
      for (const operation of ['acquire', 'renew', 'release', 'abandon', 'freed'] as Operation[]) {
        store.always[operation] = (apply, clock) => this.#fault()(apply, clock);
      }
      this.lockers.push(new Locker(store, { clock: this.clock, lease: this.#pick([150, 400, 1_000]) }));
    }
  }

  async run(): Promise<void> {
    const clients = this.lockers.flatMap((locker) =>
      Array.from({ length: CLIENTS }, async () => {
        for (let i = 0; i < CALLS; i++) await this.#call(locker);
      }),
    );
    const all = Promise.all(clients).then(() => (this.#faulty = false));
    for (let rounds = 0; this.#faulty && rounds < 20_000; rounds++) {
      await this.clock.advance(this.random() * 20);
      if (this.random() < 0.01) this.clock.block(this.random() * 600);
      if (this.random() < 0.01) this.clock.jumpWall((this.random() - 0.5) * 7_200_000);
    }
    if (this.#faulty) throw new Error('Somebody never ends.');
    await all;
  }

  async #call(locker: Locker): Promise<void> {
    const store = locker.backend as FaultyStore;
    const key = this.#pick(KEYS);
    const leave = new AbortController();
    if (this.random() < 0.2) this.clock.setTimer(() => leave.abort(), this.random() * 300);
    const options = {
      signal: leave.signal,
      wait: this.#pick([0, 50, 500, 5_000]),
      lease: this.#pick([undefined, undefined, 200]),
      maxHold: this.#pick([undefined, undefined, 30]),
      handOver: this.#pick([undefined, undefined, false as const]),
    };
    try {
      const roll = this.random();
      if (roll < 0.5) await locker.using(key, options, (lease) => this.#work(store, lease));
      else if (roll < 0.8) await this.#hold(store, await locker.acquire(key, options));
      else await this.#hold(store, await locker.tryAcquire(key, options));
      this.#count('done');
    } catch (error) {
      if (isLockError(error)) this.#count(error.code);
      else this.surprises.push(error);
    }
  }

  async #hold(store: FaultyStore, lease: Lease | undefined): Promise<void> {
    if (!lease) return;
    await this.#work(store, lease);
    await lease.release();
  }

  async #work(store: FaultyStore, lease: Lease): Promise<void> {
    const ended = this.history.granted(lease, () => store.deadlineOf(lease.storeKey, lease.token));
    for (let steps = this.#pick([0, 0, 1, 3]); steps > 0; steps--) {
      await new Promise<void>((resolve) => this.clock.setTimer(resolve, this.random() * 200));
      if (lease.signal.aborted) break;
    }
    try {
      lease.assertHeld();
    } catch {
      // Told now; or in doubt, and then nobody relies on it either.
    }
    ended();
  }

  #fault(): Fault {
    const plain: Fault = (apply) => apply();
    if (!this.#faulty || this.random() < 0.8) return plain;
    const cut = new LockBackendError('cut', { outcome: 'unknown', transient: true });
    const ms = this.random() * 100;
    const down = new Error('down');
    return this.#pick([
      answeredAfter(ms),
      answeredAfter(ms),
      arrivesAfter(ms),
      blackhole,
      replyLost,
      fails(cut),
      appliedButFails(cut),
      fails(down),
    ]);
  }

  #pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.random() * values.length)]!;
  }

  #count(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }
}

describe('memory: storms', () => {
  const { random } = Math;
  afterEach(() => {
    Math.random = random;
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'seed %d: exclusion, growing tokens, everything settles, nothing remains',
    async (seed) => {
      const storm = new Storm((Math.random = seeded(seed)));
      await storm.run();
      expect(storm.surprises).toEqual([]);
      expect(storm.history.violations()).toEqual([]);
      // Teeth: a storm in which nothing happened proves nothing.
      expect(storm.history.size).toBeGreaterThan(50);
      for (const code of ['done', 'LOCK_LOST', 'LOCK_ABORTED', 'LOCK_TIMEOUT', 'LOCK_BACKEND']) {
        expect(storm.outcomes.get(code)).toBeGreaterThan(0);
      }
      await storm.clock.advance(30_000);
      for (const locker of storm.lockers) expect(locker.counts()).toEqual({ held: 0, waiting: 0 });
      expect(storm.clock.pendingTimers).toBe(0);
      const after = new Locker(new FaultyStore(storm.clock, storm.real), { clock: storm.clock });
      for (const key of KEYS) await after.using(key, { wait: 0 }, () => undefined);
      expect(storm.real.size).toBe(0);
      // What the store may still answer is waited for, as long as any call to it is.
      const closed = Promise.all(storm.lockers.map((locker) => locker.close()));
      await storm.clock.advance(5_000);
      await closed;
    },
    60_000,
  );
});
