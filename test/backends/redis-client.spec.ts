import { Redis } from 'ioredis';
import { Locker } from '../../lib/core/index.js';
import { redis } from '../../lib/backends/redis/index.js';
import { describeLockBackend } from '../../lib/testing/index.js';
import { type RedisServer, startRedis } from '../support/redis-server.js';

describeLockBackend('redis, through clients that the user made, with a key prefix', async () => {
  const server = await startRedis();
  await server.administer((admin) => admin.call('ACL', 'SETUSER', 'locker', '~app:*'));
  const clients: Redis[] = [];
  return {
    open: () => {
      const client = new Redis(server.url, { keyPrefix: 'app:' });
      clients.push(client);
      return redis({ client });
    },
    close: async () => {
      await Promise.all(clients.map((client) => client.quit()));
      await server.stop();
    },
    residue: () =>
      server.administer(async (admin) => (await admin.keys('*')).filter((key) => !key.includes(':floor')).length),
  };
});

describe('the connections of a Redis backend', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  }, 120_000);
  afterAll(() => server.stop());

  const connected = (): Promise<number> =>
    server.administer(async (admin) => String(await admin.client('LIST')).split('user=locker').length - 1);

  it('are two, however many locks are held and waited for, and none when it is closed', async () => {
    const [one, two] = [new Locker(redis({ url: server.url })), new Locker(redis({ url: server.url }))];
    const keys = Array.from({ length: 200 }, (_, i) => `k${String(i)}`);
    const held = await Promise.all(keys.map((key) => one.acquire(key)));
    const waiting = Promise.all(keys.map((key) => two.acquire(key)));
    await two.tryAcquire('something to be answered last');
    expect(await connected()).toBe(4);
    await Promise.all(held.map((lease) => lease.release()));
    await Promise.all((await waiting).map((lease) => lease.release()));
    expect(await connected()).toBe(4);
    await Promise.all([one.close(), two.close({ drain: 0 })]);
    expect(await connected()).toBe(0);
  });

  it('are of no use while the client that the user gave is in a transaction: that is an error, not "busy"', async () => {
    const client = new Redis(server.adminUrl);
    const locks = new Locker(redis({ client }));
    await client.multi({ pipeline: false });
    await expect(locks.tryAcquire('k')).rejects.toMatchObject({
      code: 'LOCK_BACKEND',
      message: expect.stringContaining('transaction'),
    });
    await client.discard();
    await locks.using('k', { wait: 0 }, () => undefined);
    await locks.close();
    await client.quit();
  });

  it('of a client that the user gave stay open when the locks are closed', async () => {
    const client = new Redis(server.url);
    const locks = new Locker(redis({ client }));
    await locks.using('k', () => undefined);
    await locks.close();
    expect(await client.ping()).toBe('PONG');
    expect(await connected()).toBe(1);
    await client.quit();
  });
});
