import { Redis } from 'ioredis';
import { LOCKER, type RedisServer } from './redis-server.js';
import { RedisSentinel } from './redis-sentinel.js';
import { withRedis } from './with-redis.js';

describe('RedisSentinel', () => {
  let sentinel: RedisSentinel;

  beforeAll(async () => {
    sentinel = await RedisSentinel.start();
  }, 300_000);

  afterAll(() => sentinel.stop());

  /** As the locker, at the server that the Sentinels name. */
  async function asLocker<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    const sentinels = sentinel.sentinels.map(({ host, port }) => ({ host, port }));
    const redis = new Redis({ sentinels, name: sentinel.masterName, ...LOCKER });
    try {
      return await work(redis);
    } finally {
      redis.disconnect();
    }
  }

  it('names the Sentinels, the master and the locker in its URL', () => {
    const hosts = sentinel.sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',');
    expect(sentinel.sentinels).toHaveLength(3);
    expect(sentinel.url).toBe(`redis+sentinel://${LOCKER.username}:${LOCKER.password}@${hosts}/locks/0`);
  });

  it('leads the locker with the least rights to a master whose writes reach the replica', async () => {
    const confirmed = await asLocker(async (redis) => {
      await redis.set('lock:replicated', 'owner');
      return redis.wait(1, 5_000);
    });
    expect(confirmed).toBe(1);
    for (const server of sentinel.servers) {
      expect(await withRedis(server.url, (redis) => redis.get('lock:replicated'))).toBe('owner');
      await expect(withRedis(server.url, (redis) => redis.get('order:1'))).rejects.toThrow('NOPERM');
    }
  });

  it('fails over to the replica, and back when the killed master has come back as one', async () => {
    const [first, second] = sentinel.servers as [RedisServer, RedisServer];
    expect(await sentinel.master()).toBe(first);
    await asLocker((redis) => redis.set('lock:kept', 'owner').then(() => redis.wait(1, 5_000)));

    expect(await sentinel.failOver()).toEqual({ killed: first, master: second });
    await expect(first.administer((redis) => redis.ping())).rejects.toThrow('Connection is closed');
    expect(await asLocker((redis) => redis.get('lock:kept'))).toBe('owner');
    await asLocker((redis) => redis.set('lock:written', 'after'));

    await first.restart('lost');
    await sentinel.untilReady();
    await expect(withRedis(first.url, (redis) => redis.set('lock:written', 'by whom'))).rejects.toThrow('READONLY');

    expect(await sentinel.failOver()).toEqual({ killed: second, master: first });
    expect(await asLocker((redis) => redis.get('lock:written'))).toBe('after');
  });
});
