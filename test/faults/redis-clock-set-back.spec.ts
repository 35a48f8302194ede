import { LONGEST_ALIVE_MS } from '../../lib/backends/redis/lock.script.js';
import type { RedisLockOptions } from '../../lib/backends/redis/index.js';
import { RedisStage } from './redis.stage.js';

const HOUR = 3_600_000;
const WAITERS = 'nestjs-locked:waiters{lock:order}';
const OPTIONS = { lease: 3_000, wait: 5_000 };

/** What was to end in a moment ends in an hour, by the server's clock. */
describe('redis: the clock of the server is set back', () => {
  let stage: RedisStage;

  beforeEach(async () => {
    stage = await RedisStage.start();
  }, 120_000);

  afterEach(() => stage.stop());

  const serverMs = async (): Promise<number> => Number((await stage.admin.time())[0]) * 1_000;

  it.each<Partial<RedisLockOptions>>([{ compat: 'redlock' }, { foreignRetry: '1s' }])(
    'while the key is left free for clients that poll: it can be had, and is left free again, %j',
    async (mode) => {
      const locker = stage.locker({ ...mode, url: stage.server.url });
      await locker.using('order', OPTIONS, () => undefined);
      await stage.admin.hset(WAITERS, '', (await serverMs()) + HOUR);
      await stage.admin.pexpire(WAITERS, HOUR);
      const lease = await locker.acquire('order', { ...OPTIONS, wait: 0 });
      await lease.release();
      expect(Number(await stage.admin.hget(WAITERS, '')) - (await serverMs())).toBeLessThan(HOUR / 2);
      await expect(locker.acquire('order', { ...OPTIONS, wait: 0 })).rejects.toMatchObject({ code: 'LOCK_BUSY' });
    },
  );

  it('while a dead process is first in the queue: it is waited for as long as any other', async () => {
    const holder = await stage.locker().acquire('order', OPTIONS);
    const waiting = stage.locker().acquire('order', { ...OPTIONS, wait: 2 * LONGEST_ALIVE_MS });
    await stage.untilQueued('order', 1);
    await stage.admin.hset(WAITERS, 'dead', `${String((await serverMs()) + HOUR)}.64.nestjs-locked:wake:gone`);
    await stage.admin.zadd('nestjs-locked:queue{lock:order}', 1, 'dead');
    await holder.release();
    expect(await stage.admin.get('lock:order')).toMatch(/\.dead$/);
    const leftMs = await stage.admin.pttl('lock:order');
    expect(leftMs).toBeGreaterThan(0);
    expect(leftMs).toBeLessThanOrEqual(LONGEST_ALIVE_MS);
    await stage.admin.pexpire('lock:order', 1);
    const next = await waiting;
    expect(await next.release()).toEqual({ released: true });
  });
});
