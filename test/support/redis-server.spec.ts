import { Redis } from 'ioredis';
import { startRedis, type RedisServer } from './redis-server.js';
import { withRedis } from './with-redis.js';

describe('startRedis', () => {
  let server: RedisServer;

  beforeAll(async () => {
    server = await startRedis({ config: { maxmemory: '3mb' } });
  }, 300_000);

  afterAll(() => server.stop());

  /** As the user with the least rights. */
  function asLocker<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    return withRedis(server.url, work);
  }

  it('takes settings', async () => {
    expect(await server.administer((redis) => redis.config('GET', 'maxmemory'))).toEqual([
      'maxmemory',
      String(3 * 1024 * 1024),
    ]);
  });

  it('lets the locker run scripts on the keys and channels of locks', async () => {
    await asLocker(async (redis) => {
      const script = `redis.call('SET', KEYS[1], ARGV[1], 'PX', 60000) return redis.call('GET', KEYS[1])`;
      expect(await redis.eval(script, 1, 'lock:k', 'owner')).toBe('owner');
      expect(await redis.publish('nestjs-locked:wake:1', 'now')).toBe(0);
    });
  });

  it.each([
    ['keys that are not of locks', (redis: Redis) => redis.set('order:1', 'paid')],
    [
      'such keys from inside of a script',
      (redis: Redis) => redis.eval(`return redis.call('SET', 'order:1', 'paid')`, 0),
    ],
    ['channels that are not of locks', (redis: Redis) => redis.publish('orders', 'paid')],
    ['what an administrator does', (redis: Redis) => redis.config('GET', 'maxmemory')],
    ['what goes over all keys', (redis: Redis) => redis.keys('lock:*')],
  ])('keeps the locker from %s', async (_what, attempt) => {
    await expect(asLocker(attempt)).rejects.toThrow(/NOPERM|No permissions|can't access/);
  });

  it('lets nobody in without a password', async () => {
    const redis = new Redis(server.port, server.host, { enableReadyCheck: false });
    await expect(redis.ping()).rejects.toThrow('NOAUTH');
    redis.disconnect();
  });

  it.each([
    ['kept', 'owner'],
    ['lost', null],
  ] as const)('comes back after a kill on the same port, data %s, with the locker', async (data, value) => {
    const { url } = server;
    await asLocker((redis) => redis.set('lock:survivor', 'owner'));
    await server.kill();
    await expect(server.administer((redis) => redis.ping())).rejects.toThrow('Connection is closed');
    await server.restart(data);
    expect(server.url).toBe(url);
    expect(await asLocker((redis) => redis.get('lock:survivor'))).toBe(value);
  });
});
