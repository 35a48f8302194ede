import { Redis } from 'ioredis';
import { redis, type RedisLockOptions } from '../../lib/backends/redis/index.js';
import { Locker } from '../../lib/core/index.js';
import { askUntil } from '../support/ask-until.js';
import { withSchedulerDelay } from '../support/scheduler-delay.js';
import { type Server, startServer } from '../support/start-server.js';

describe('keys that are left free for clients that poll', () => {
  let server: Server;
  let admin: Redis;
  let locks: Locker;

  beforeAll(async () => {
    server = await startServer('redis');
    admin = new Redis(server.url);
    await admin.config('SET', 'notify-keyspace-events', 'K$g');
  }, 120_000);
  afterAll(async () => {
    admin.disconnect();
    await server.stop();
  });
  beforeEach(() => admin.flushall());
  afterEach(() => locks.close());

  it.each<Partial<RedisLockOptions>>([{}, { compat: 'redlock' }])(
    'a key is free at once that nobody has had for long: %j',
    async (mode) => {
      locks = new Locker(redis({ ...mode, url: server.url, foreignRetry: '10ms' }));
      for (let i = 0; i < 3; i++) await locks.using('quiet', { wait: 0 }, () => Promise.resolve());
    },
  );

  describe.each([
    { options: { foreignRetry: '100ms' }, gapMs: 100 },
    { options: { compat: 'redlock' as const }, gapMs: 300 },
  ])('$options', ({ options, gapMs }) => {
    beforeEach(() => {
      locks = new Locker(redis({ ...options, url: server.url }));
    });

    it('a key in demand is free for so long within a second', async () => {
      const { result: free, delayMs } = await withSchedulerDelay(() => freeTimes(1_500));
      // Otherwise it is free for round trips only.
      expect(Math.max(...free)).toBeGreaterThanOrEqual(gapMs - delayMs);
    });

    it('leaves nothing behind but the floor', async () => {
      await freeTimes(600);
      await askUntil('one key', async () => (await admin.keys('*')).join() === 'nestjs-locked:floor{lock:wanted}');
    });
  });

  it("with compat: 'redlock', every release deletes the key, with callers waiting in the same process", async () => {
    locks = new Locker(redis({ url: server.url, compat: 'redlock' }));
    const changes = await changesOf('lock:k', async () => {
      await Promise.all(Array.from({ length: 10 }, () => locks.using('k', () => Promise.resolve())));
    });
    // As many grants as callers: none was handed over.
    expect(changes.map(({ what }) => what)).toEqual(Array.from({ length: 10 }, () => ['set', 'del']).flat());
  });

  /** Who asks again and again for so long; how long the key was free each time, in ms. */
  async function freeTimes(ms: number): Promise<number[]> {
    const changes = await changesOf('lock:wanted', async () => {
      for (const end = performance.now() + ms; performance.now() < end;)
        await locks.using('wanted', () => Promise.resolve());
    });
    return changes.flatMap(({ what, at }, i) => (what === 'set' && i > 0 ? [at - changes[i - 1]!.at] : []));
  }

  /** When a key is set and deleted while `work` goes on. */
  async function changesOf(name: string, work: () => Promise<void>): Promise<{ what: string; at: number }[]> {
    const listener = admin.duplicate();
    const changes: { what: string; at: number }[] = [];
    await listener.subscribe(`__keyspace@0__:${name}`);
    listener.on('message', (_channel: string, what: string) => {
      if (what === 'set' || what === 'del') changes.push({ what, at: performance.now() });
    });
    await work();
    // What was said before this is heard before its answer.
    await listener.unsubscribe();
    listener.disconnect();
    return changes;
  }
});
