import { once } from 'node:events';
import { Locker } from '../../lib/core/index.js';
import { redis } from '../../lib/backends/redis/index.js';
import { ADMIN, type RedisServer, startRedis } from '../support/redis-server.js';
import { askUntil } from '../support/ask-until.js';

describe('redis with minReplicas', () => {
  let master: RedisServer;
  let replica: RedisServer;
  let one: Locker;
  let two: Locker;

  beforeAll(async () => {
    const config = { masterauth: ADMIN.password, 'repl-diskless-sync-delay': '0' };
    master = await startRedis({ config });
    replica = await startRedis({ config: { ...config, replicaof: `${master.host} ${String(master.port)}` } });
    await askUntil('the replica follows', () =>
      master.administer(async (admin) => (await admin.info('replication')).includes('state=online')),
    );
  }, 120_000);

  beforeEach(() => {
    [one, two] = [1, 2].map(() => new Locker(redis({ url: master.url, minReplicas: 1 }))) as [Locker, Locker];
  });

  afterEach(async () => {
    replica.signal('SIGCONT');
    await Promise.all([one.close({ drain: 0 }), two.close({ drain: 0 })]);
  });

  afterAll(async () => {
    await replica.stop();
    await master.stop();
  });

  it('what is granted stands on the replica when the caller gets it, also after waiting', async () => {
    const valueOn = (server: RedisServer): Promise<string | null> => server.administer((admin) => admin.get('lock:k'));
    const first = await one.acquire('k');
    expect(await valueOn(replica)).toContain(String(first.token));
    const waiting = two.acquire('k');
    await askUntil('the other is queued', () =>
      master.administer(async (admin) => (await admin.zcard('nestjs-locked:queue{lock:k}')) === 1),
    );
    await first.release();
    const second = await waiting;
    expect(second.token > first.token).toBe(true);
    expect(await valueOn(replica)).toContain(String(second.token));
  });

  it('nothing is granted that no replica has confirmed, and the error says so', async () => {
    replica.signal('SIGSTOP');
    await expect(one.acquire('silent', { wait: '5s' })).rejects.toMatchObject({
      code: 'LOCK_BACKEND',
      message: expect.stringContaining('minReplicas') as string,
    });
    await askUntil('what the master had granted is given back', () =>
      master.administer(async (admin) => (await admin.exists('lock:silent')) === 0),
    );
  });

  it('a lease whose renewals no replica confirms is lost in time; others are released meanwhile', async () => {
    const lease = await one.acquire('fading', { lease: '1s' });
    const other = await one.acquire('other');
    replica.signal('SIGSTOP');
    const lost = once(lease.signal, 'abort');
    // Not held up behind those who wait for replicas.
    const asked = performance.now();
    expect(await other.release()).toEqual({ released: true });
    expect(performance.now() - asked).toBeLessThan(500);
    await lost;
    expect(lease.signal.reason).toMatchObject({ code: 'LOCK_LOST', reason: 'expired' });
  });
});
