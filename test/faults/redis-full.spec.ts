import { setTimeout as pause } from 'node:timers/promises';
import type { Lease, Locker } from '../../lib/core/index.js';
import { withSchedulerDelay } from '../support/scheduler-delay.js';
import { RedisStage } from './redis.stage.js';

const LEASE_MS = 600;
const OPTIONS = { lease: LEASE_MS, wait: 20_000, handOver: false } as const;

/** F49: a server that takes no more memory, policy noeviction. */
describe('redis: maxmemory is reached', () => {
  let stage: RedisStage;
  let holder: Locker;

  beforeEach(async () => {
    stage = await RedisStage.start();
    holder = stage.locker();
  }, 120_000);

  afterEach(() => stage.stop());

  const fill = (): Promise<unknown> => stage.admin.config('SET', 'maxmemory', '1');
  const empty = (): Promise<unknown> => stage.admin.config('SET', 'maxmemory', '0');

  it('held locks are renewed and given back, by their own terms', async () => {
    const [kept, released, held] = await Promise.all(
      ['kept', 'released', 'held'].map((key) =>
        holder.acquire(key, { ...OPTIONS, minHold: key === 'kept' ? 60_000 : 0 }),
      ),
    );
    await fill();
    await pause(2 * LEASE_MS);
    held!.assertHeld();
    expect(await released!.release()).toEqual({ released: true });
    expect(await kept!.release()).toEqual({ released: true });
    expect(await stage.admin.exists('lock:released')).toBe(0);
    expect(await stage.admin.pttl('lock:kept')).toBeGreaterThan(50_000);
    held!.assertHeld();
  });

  it('those who queue keep their places and are served in their order, nobody new', async () => {
    const lease = await holder.acquire('order', OPTIONS);
    const served: number[] = [];
    const waiting: Promise<unknown>[] = [];
    for (let n = 1; n <= 3; n++) {
      waiting.push(stage.locker().using('order', OPTIONS, () => served.push(n)));
      await stage.untilQueued('order', n);
    }
    await fill();
    // Each has looked several times: a place is kept by looking.
    await pause(2 * LEASE_MS);
    expect(await stage.queued('order')).toBe(3);
    await expect(stage.locker().acquire('order', OPTIONS)).rejects.toMatchObject({ outcome: 'not-applied' });
    expect(await lease.release()).toEqual({ released: true });
    await Promise.all(waiting);
    expect(served).toEqual([1, 2, 3]);
    expect(await stage.leftovers()).toEqual([]);
  });

  it('who comes new hears it at once, whether the key is free or held, and is served once there is memory', async () => {
    await holder.acquire('held', OPTIONS);
    const late = stage.locker();
    await late.using('free', OPTIONS, () => undefined);
    await fill();
    const refusals: unknown[] = [];
    const { delayMs, result: tookMs } = await withSchedulerDelay(async () => {
      const since = performance.now();
      for (const key of ['held', 'free']) {
        refusals.push(await late.acquire(key, OPTIONS).catch((error: unknown) => error));
      }
      return performance.now() - since;
    });
    const refusal = { code: 'LOCK_BACKEND', outcome: 'not-applied', message: expect.stringContaining('maxmemory') };
    expect(refusals).toMatchObject([refusal, refusal]);
    expect(tookMs).toBeLessThan(50 + 5 * delayMs);
    expect(await late.tryAcquire('held')).toBeUndefined();
    await empty();
    const lease: Lease = await late.acquire('free', OPTIONS);
    lease.assertHeld();
  });
});
