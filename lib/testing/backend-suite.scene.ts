import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AcquireRequest, type Busy, type Hold, isBusy, type LockBackend } from '../core/backend.js';
import { LockBackendError } from '../core/errors.js';
import type { BackendFixture } from './backend-suite.fixture.js';

/** Name of a rule → what shows that it is kept. */
export type Rules = Readonly<Record<string, (scene: Scene) => Promise<void>>>;

type Wish = Partial<AcquireRequest>;

/** Outlasts every test. */
export const LONG_MS = 60_000;

/** Bound on everything that ought to happen soon. */
const SOON_MS = 2_000;

const CONNECT_TRIES = 3;

/** What a store that counts whole ms may be off by, at both ends. */
export const ROUNDING_MS = 5;

/** One test's stage: two clients of one store and a key nobody else uses. */
export class Scene {
  readonly one: LockBackend;
  readonly two: LockBackend;
  readonly key = `suite:${randomUUID()}`;
  readonly leaseMs: number;
  readonly #silenced = new Set<() => Promise<void>>();

  constructor(readonly fixture: BackendFixture) {
    this.one = fixture.open();
    this.two = fixture.open();
    this.leaseMs = fixture.leaseMs ?? 300;
  }

  /** So that no test counts the time in which a client connects. */
  async connect(): Promise<void> {
    for (const client of [this.one, this.two]) await reached(client);
  }

  /** One attempt, with a new owner unless told; on stores that queue too. */
  ask(client: LockBackend, wish: Wish = {}): Promise<Hold | Busy> {
    const { signal } = new AbortController();
    const usual = {
      key: this.key,
      owner: randomUUID(),
      leaseMs: LONG_MS,
      turns: 1,
      mode: 'exclusive' as const,
      mayWait: false,
      signal,
    };
    return client.acquire({ ...usual, ...wish });
  }

  async granted(client: LockBackend, wish?: Wish): Promise<Hold> {
    const answer = await this.ask(client, wish);
    if (isBusy(answer)) assert.fail('the store answers busy though the key is free');
    return answer;
  }

  async refused(client: LockBackend, wish?: Wish): Promise<Busy> {
    const answer = await this.ask(client, wish);
    if (!isBusy(answer)) assert.fail('the store grants the key though it is taken');
    return answer;
  }

  /** Asks again and again until the key is granted; `at` is monotonic time just after. */
  async grantedAtLast(client: LockBackend, boundMs = this.leaseMs + SOON_MS): Promise<{ hold: Hold; at: number }> {
    const until = performance.now() + boundMs;
    do {
      const answer = await this.ask(client);
      if (!isBusy(answer)) return { hold: answer, at: performance.now() };
      await sleep(3);
    } while (performance.now() < until);
    assert.fail(`the key did not become free within ${String(boundMs)} ms`);
  }

  /** A hold that nobody renewed: its lease is over when this returns, and nobody has looked at the key since. */
  async expired(client: LockBackend, wish?: Wish): Promise<Hold> {
    const hold = await this.granted(client, { leaseMs: this.leaseMs, ...wish });
    const heal = this.silence(client);
    await sleep(this.leaseMs + 2 * ROUNDING_MS);
    await heal();
    return hold;
  }

  /** From now on nothing keeps the client's holds alive. Returns what ends that. */
  silence(client: LockBackend): () => Promise<void> {
    const heal = this.fixture.silence?.(client);
    if (heal) this.#silenced.add(heal);
    return async () => {
      if (heal && this.#silenced.delete(heal)) await heal();
    };
  }

  async close(): Promise<void> {
    for (const heal of this.#silenced) await heal();
    await this.one.close?.();
    await this.two.close?.();
    await this.fixture.close();
  }
}

/** Awaits what ought to happen soon. */
export async function soon<T>(what: string, promise: Promise<T>): Promise<T> {
  const done = new AbortController();
  const late = sleep(SOON_MS, undefined, { signal: done.signal }).then(
    () => assert.fail(`${what}: not within ${String(SOON_MS)} ms`),
    () => promise,
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    done.abort();
  }
}

/** A machine may be too busy for a client to connect within the bound of one operation. */
async function reached(client: LockBackend): Promise<void> {
  for (let failed = 1; ; failed += 1) {
    try {
      await client.ping();
      return;
    } catch (error) {
      if (!(error instanceof LockBackendError && error.transient) || failed === CONNECT_TRIES) throw error;
    }
  }
}

/** Stands for a process that is stopped while an answer is under way. */
export function block(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until;);
}

/** The token after the last of `hold`'s first `used` ones. */
export function tokenAfter(hold: Hold, used: number = hold.count): bigint {
  return hold.first + BigInt(used);
}
