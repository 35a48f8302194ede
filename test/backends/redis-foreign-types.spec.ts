import { Redis } from 'ioredis';
import { redis, type RedisLockOptions } from '../../lib/backends/redis/index.js';
import { LockBackendError, Locker } from '../../lib/core/index.js';
import { type RedisServer, startRedis } from '../support/redis-server.js';
import { withSchedulerDelay } from '../support/scheduler-delay.js';

/** Puts something under the name that is no string. Redisson's locks are hashes: client and thread, how often it holds. */
const KINDS: Readonly<Record<string, (admin: Redis, name: string) => Promise<unknown>>> = {
  hash: (admin, name) => admin.hset(name, '5e2a4f0c-0f3e-4f43-9f4c-7d4c2c8f0a11:1', 1),
  list: (admin, name) => admin.rpush(name, 'first', 'second'),
  set: (admin, name) => admin.sadd(name, 'member'),
  zset: (admin, name) => admin.zadd(name, 1, 'member'),
  stream: (admin, name) => admin.xadd(name, '1-1', 'field', 'value'),
};

const MODES: readonly Partial<RedisLockOptions>[] = [{}, { foreignRetry: '100ms' }, { compat: 'redlock' }];

/** What an answer may take beside the scheduler's delay; far below the wait, which would show a retry. */
const ROUND_TRIPS_MS = 500;

describe.each(MODES)('what is no lock under the name of one, %j', (mode) => {
  let server: RedisServer;
  let admin: Redis;
  let locks: Locker;

  beforeAll(async () => {
    server = await startRedis();
    admin = new Redis(server.adminUrl);
    locks = new Locker(redis({ ...mode, url: server.url, keyOf: (key) => `lock:${key}` }));
  }, 120_000);
  afterAll(async () => {
    await locks.close();
    admin.disconnect();
    await server.stop();
  });

  describe.each(Object.keys(KINDS))('a %s', (kind) => {
    beforeEach(async () => {
      await admin.del('lock:k');
      await KINDS[kind]!(admin, 'lock:k');
      await admin.pexpire('lock:k', 60_000);
    });

    it.each([0, 10_000])('is an error at once, with a wait of %d ms', async (wait) => {
      const { result, delayMs } = await withSchedulerDelay(async () => {
        const since = performance.now();
        const error: unknown = await locks.acquire('k', { wait }).catch((thrown: unknown) => thrown);
        return { error, tookMs: performance.now() - since };
      });
      expect(result.error).toBeInstanceOf(LockBackendError);
      expect(result.error).toMatchObject({ key: 'k', backend: 'redis', outcome: 'not-applied', transient: false });
      const { message } = result.error as LockBackendError;
      expect(message).toContain(`name of this lock a ${kind} stands`);
      expect(message).toMatch(/`prefix` or `keyOf`/);
      expect(result.tookMs).toBeLessThan(ROUND_TRIPS_MS + delayMs);
    });

    it('is not taken for a lock that somebody holds', async () => {
      await expect(locks.tryAcquire('k')).rejects.toThrow(LockBackendError);
    });

    it('stays as it is', async () => {
      const before = await admin.dumpBuffer('lock:k');
      await Promise.allSettled([locks.acquire('k', { wait: 1_000 }), locks.tryAcquire('k')]);
      expect(await admin.dumpBuffer('lock:k')).toEqual(before);
      expect(await admin.pttl('lock:k')).toBeGreaterThan(0);
    });

    it('is nothing to the locks asked for in the same moment', async () => {
      const asked = ['a', 'k', 'b'].map((key) => locks.using(key, () => Promise.resolve(key)));
      const [a, k, b] = await Promise.allSettled(asked);
      expect([a, b]).toMatchObject([{ value: 'a' }, { value: 'b' }]);
      expect(k).toMatchObject({ status: 'rejected' });
    });
  });
});
