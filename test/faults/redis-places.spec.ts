import type { Locker } from '../../lib/core/index.js';
import { RedisStage } from './redis.stage.js';

const WAITERS = 'nestjs-locked:waiters{lock:order}';
/** Of the waiters: so long each is taken for alive after it has looked. */
const OPTIONS = { lease: 300, wait: 10_000 };

/** Where gaps for clients that poll are opened, what is known of waiters outlives their queue. */
describe('redis: places in the queue of a key that is left free now and then', () => {
  let stage: RedisStage;
  let holder: Locker;
  let lockers: [Locker, Locker];

  beforeEach(async () => {
    stage = await RedisStage.start();
    const options = { url: stage.server.url, foreignRetry: 900 };
    holder = stage.locker(options);
    lockers = [stage.locker(options), stage.locker(options)];
  }, 120_000);

  afterEach(() => stage.stop());

  it('a process that stood still for longer than its place lasts takes another', async () => {
    const lease = await holder.acquire('order', { lease: 60_000 });
    const waiting = lockers[0].acquire('order', OPTIONS);
    await stage.untilQueued('order', 1);
    for (const end = performance.now() + 1.5 * OPTIONS.lease; performance.now() < end;);
    expect(await stage.admin.hexists(WAITERS, '')).toBe(1);
    await stage.untilQueued('order', 1);
    await lease.release();
    const next = await waiting;
    expect(next.token).toBeGreaterThan(lease.token);
  });

  it('the first in line is still the first when the key has been left free', async () => {
    const lease = await holder.acquire('order', { lease: 60_000 });
    const served: string[] = [];
    const [first, second] = lockers;
    const waiting = [first.using('order', OPTIONS, () => served.push('first'))];
    await stage.untilQueued('order', 1);
    waiting.push(second.using('order', OPTIONS, () => served.push('second')));
    await stage.untilQueued('order', 2);
    // The last time was long ago.
    await stage.admin.hset(WAITERS, '', 0);
    await lease.release();
    expect(Number(await stage.admin.hget(WAITERS, ''))).toBeGreaterThan(0);
    await Promise.all(waiting);
    expect(served).toEqual(['first', 'second']);
  });
});
