import { setTimeout as pause } from 'node:timers/promises';
import { type Lease, Locker } from '../../lib/core/index.js';
import { redis } from '../../lib/backends/redis/index.js';
import { askUntil } from '../support/ask-until.js';
import { RedisSentinel } from '../support/redis-sentinel.js';
import { RedisStage } from './redis.stage.js';

const LEASE_MS = 3_000;
const OPTIONS = { lease: LEASE_MS, wait: 20_000 };

/** Asks for the key until it is granted: while the server is away, an acquire fails rather than wait for ever. */
async function persist(locker: Locker, key: string): Promise<Lease> {
  for (;;) {
    try {
      return await locker.acquire(key, OPTIONS);
    } catch (error) {
      expect(error).toMatchObject({ code: 'LOCK_BACKEND' });
    }
  }
}

const lost = (lease: Lease): Promise<unknown> =>
  new Promise((resolve) => {
    lease.signal.addEventListener('abort', () => {
      resolve(lease.signal.reason);
    });
  });

/** F40, F41, R10, R29: the server ends in the middle of it all. */
describe('redis: kill -9 of the server', () => {
  let stage: RedisStage;
  let holder: Locker;

  beforeEach(async () => {
    stage = await RedisStage.start();
    holder = stage.locker();
  }, 120_000);

  afterEach(() => stage.stop());

  it('with its data kept: the holder goes on, who waits keeps its place', async () => {
    const lease = await holder.acquire('order', OPTIONS);
    const waiting = persist(stage.locker(), 'order');
    await stage.untilQueued('order', 1);
    await stage.server.kill();
    await stage.server.restart('kept');
    await pause(LEASE_MS / 2);
    lease.assertHeld();
    expect(lease.state).toBe('held');
    expect(await lease.release()).toEqual({ released: true });
    const next = await waiting;
    expect(next.token).toBeGreaterThan(lease.token);
    next.assertHeld();
  });

  it('with its data lost: the holder hears of it, who waits is granted, tokens grow', async () => {
    const lease = await holder.acquire('order', OPTIONS);
    const loss = lost(lease);
    const waiting = persist(stage.locker(), 'order');
    await stage.untilQueued('order', 1);
    await stage.server.restart('lost');
    expect(await loss).toMatchObject({ code: 'LOCK_LOST', reason: 'taken' });
    const next = await waiting;
    expect(next.token).toBeGreaterThan(lease.token);
    // The late renewal and the late release of the first have brought nothing back.
    expect(await lease.release()).toMatchObject({ released: false });
    next.assertHeld();
    expect(await stage.tokenOf('order')).toBe(next.token);
  });

  it('scripts are forgotten again and again: nobody notices', async () => {
    const flushing = setInterval(() => void stage.admin.script('FLUSH'), 1);
    const lockers = [holder, stage.locker(), stage.locker()];
    const tokens: bigint[] = [];
    let inside = 0;
    try {
      const turns = lockers.flatMap((locker) =>
        Array.from({ length: 50 }, () =>
          locker.using('order', { ...OPTIONS, handOver: false }, async (lease) => {
            expect(++inside).toBe(1);
            tokens.push(lease.token);
            await Promise.resolve();
            inside--;
          }),
        ),
      );
      await Promise.all(turns);
    } finally {
      clearInterval(flushing);
    }
    expect(new Set(tokens).size).toBe(150);
    expect(tokens).toEqual([...tokens].sort((a, b) => (a < b ? -1 : 1)));
    const stats = await stage.admin.info('commandstats');
    // Teeth: it has happened.
    expect(Number(/cmdstat_eval:calls=(\d+)/.exec(stats)?.[1])).toBeGreaterThan(3);
  });
});

/** F43, F44: the master ends, its replica takes over. */
describe('redis: fail-over by Sentinel', () => {
  it('while held and awaited: acquires recover, tokens grow, and the holder never shares', async () => {
    const sentinel = await RedisSentinel.start();
    const lockers = [0, 1, 2].map(() => new Locker(redis({ url: sentinel.url })));
    const [holder, waiter, fresh] = lockers as [Locker, Locker, Locker];
    try {
      const lease = await holder.acquire('order', { ...OPTIONS, lease: 10_000 });
      const waiting = persist(waiter, 'order');
      await sentinel.untilReady();
      const replica = sentinel.servers[1]!;
      await askUntil('the replica knows who waits', () =>
        replica.administer(async (redis) => (await redis.exists('nestjs-locked:queue{lock:order}')) === 1),
      );
      await sentinel.failOver();
      const free = await persist(fresh, 'other');
      await free.release();
      lease.assertHeld();
      expect(await Promise.race([waiting, Promise.resolve('waits')])).toBe('waits');
      expect(await lease.release()).toEqual({ released: true });
      const next = await waiting;
      expect(next.token).toBeGreaterThan(lease.token);
      await next.release();
    } finally {
      await Promise.all(lockers.map((locker) => locker.close({ drain: 0 })));
      await sentinel.stop();
    }
  }, 120_000);
});
