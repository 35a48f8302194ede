import { setTimeout as pause } from 'node:timers/promises';
import type { Locker } from '../../lib/core/index.js';
import { withSchedulerDelay } from '../support/scheduler-delay.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { type Engine, SqlStage } from '../backends/sql.stage.js';
import { RedisStage } from './redis.stage.js';
import { ZookeeperStage } from './zookeeper.stage.js';

const LEASE_MS = 900;
/** Bound on one call to a store. */
const CALL_MS = 2_000;

/** What the spec asks of a store, each in its own words. */
interface SilentStore {
  readonly stage: RedisStage | SqlStage | ZookeeperStage;
  /** Settles when the store knows of one who waits for the key. */
  untilAwaited(key: string): Promise<void>;
  /** How it names a call that was not answered: one that found no free connection was certainly not applied. */
  readonly unanswered: object;
  /** How it says that it could not give back what it has lost by now. */
  readonly unreturned: object;
  /** What is left of locks that nobody can still believe in. */
  residue(): Promise<number>;
}

const STORES = {
  async redis(): Promise<SilentStore> {
    const stage = await RedisStage.start();
    const residue = async () => (await stage.leftovers()).length;
    const unanswered = { code: 'LOCK_BACKEND', outcome: 'unknown' };
    return { stage, untilAwaited: (key) => stage.untilQueued(key, 1), unanswered, unreturned: unanswered, residue };
  },
  postgres: () => ofServer('postgres'),
  mariadb: () => ofServer('mariadb'),
  async zookeeper(): Promise<SilentStore> {
    // Relied on for two thirds of it.
    const stage = await ZookeeperStage.start((LEASE_MS * 3) / 2);
    return {
      stage,
      untilAwaited: (key) => stage.untilQueued(key, 2),
      unanswered: { code: 'LOCK_BACKEND' },
      // It goes with the session.
      unreturned: { released: false },
      residue: async () => (await stage.lockNodes()).length,
    };
  },
};

async function ofServer(engine: Engine): Promise<SilentStore> {
  const stage = await SqlStage.start(engine);
  // What was given up may still be applied when the hole opens, and ends with its lease.
  const residue = () => stage.count(`expires_at > ${String(Date.now())}`);
  const unanswered = { code: 'LOCK_BACKEND' };
  return { stage, untilAwaited: (key) => stage.untilAwaited(key), unanswered, unreturned: unanswered, residue };
}

/** F21, F42: nothing arrives any more, and nobody is told. */
describe.each(['redis', 'postgres', 'mariadb', 'zookeeper'] as const)('%s: silence', (name) => {
  let store: SilentStore;
  let stage: SilentStore['stage'];
  let proxy: TcpProxy;
  let locker: Locker;

  beforeEach(async () => {
    store = await STORES[name]();
    stage = store.stage;
    proxy = await stage.proxy();
    locker = stage.locker(proxy.url);
  }, 120_000);

  afterEach(() => stage.stop());

  /** How long it took to settle, in ms, and as what. */
  async function timed(work: () => Promise<unknown>): Promise<{ tookMs: number; outcome: unknown }> {
    const since = performance.now();
    const outcome = await work().catch((error: unknown) => error);
    return { tookMs: performance.now() - since, outcome };
  }

  it.each(['both', 'toServer', 'toClient'] as const)(
    'black hole %s: everything ends within its bound, and all is well after it',
    async (direction) => {
      const options = { lease: LEASE_MS, wait: 1_000 };
      const [held, given] = await Promise.all([locker.acquire('held', options), locker.acquire('given', options)]);
      const other = await stage.locker().acquire('taken', { ...options, lease: 10_000 });
      const waiting = timed(() => locker.acquire('taken', options));
      await store.untilAwaited('taken');
      const { result, delayMs } = await withSchedulerDelay(async () => {
        proxy.blackhole(direction);
        const lost = timed(
          () => new Promise((resolve) => held.signal.addEventListener('abort', () => resolve(held.signal.reason))),
        );
        return Promise.all([
          lost,
          timed(() => locker.tryAcquire('tried')),
          timed(() => locker.acquire('waited', options)),
          waiting,
          timed(() => given.release()),
        ]);
      });
      const [lost, tried, waited, queued, released] = result;
      const slackMs = 50 + 5 * delayMs;
      expect(lost.outcome).toMatchObject({ code: 'LOCK_LOST', reason: 'expired' });
      expect(lost.tookMs).toBeLessThan(LEASE_MS);
      for (const { outcome, tookMs } of [tried, waited]) {
        expect(outcome).toMatchObject(store.unanswered);
        expect(tookMs).toBeLessThan(CALL_MS + slackMs);
      }
      expect(queued.outcome).toMatchObject({ code: expect.stringMatching(/LOCK_(TIMEOUT|BACKEND)/) });
      expect(queued.tookMs).toBeLessThan(CALL_MS + options.wait + slackMs);
      expect(released.outcome).toMatchObject(store.unreturned);
      expect(released.tookMs).toBeLessThan(CALL_MS + slackMs);

      await proxy.heal();
      const again = await locker.acquire('held', { lease: LEASE_MS, wait: 10_000 });
      expect(again.token).toBeGreaterThan(held.token);
      await again.release();
      await other.release();
      await pause(2 * LEASE_MS);
      expect(await store.residue()).toBe(0);
    },
  );
});
