import { setTimeout as pause } from 'node:timers/promises';
import type { Locker } from '../../lib/core/index.js';
import { RedisStage } from './redis.stage.js';

const OPTIONS = { lease: 10_000, wait: 60_000 };
/** Two windows, each longer than the pause between two looks. */
const WINDOW_MS = 5_000;
const ONES = 5;

/** FAULTS: what queueing costs while nothing happens, and who gets what when it does. */
describe('redis: queues at rest and at work', () => {
  let stage: RedisStage;

  beforeEach(async () => {
    stage = await RedisStage.start();
  }, 120_000);

  afterEach(() => stage.stop());

  /** Commands of clients so far; those that scripts call, and the questions of this spec, are not among them. */
  async function commands(): Promise<number> {
    const stats = await stage.admin.info('commandstats');
    return ['evalsha', 'eval', 'ping', 'subscribe', 'client', 'hello', 'auth']
      .map((name) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0))
      .reduce((sum, calls) => sum + calls);
  }

  it('100 waiters in each of two processes cost each at most one command a second', async () => {
    const lease = await stage.locker().acquire('order', OPTIONS);
    const processes = [await stage.contender(), await stage.contender()];
    for (const process of processes) await process.waitInLine('order', 100, OPTIONS);
    await stage.untilQueued('order', processes.length);
    const before = await commands();
    await pause(WINDOW_MS);
    // The holder renews as well: three times per lease.
    const renewals = Math.ceil((3.4 * WINDOW_MS) / OPTIONS.lease);
    expect((await commands()) - before).toBeLessThanOrEqual((processes.length * WINDOW_MS) / 1_000 + renewals);
    await lease.release();
  });

  it('one waiter beside a hundred has its turn when the other process has had one of its own', async () => {
    const [many, one] = [stage.locker(), stage.locker()];
    const turns: string[] = [];
    const options = { ...OPTIONS, handOver: { turns: 8, time: '1s' } } as const;
    const work = (who: Locker, name: string): Promise<unknown> =>
      who.using('order', options, async () => {
        turns.push(name);
        await pause(1);
      });
    const crowd = Promise.all(Array.from({ length: 100 }, () => work(many, 'many')));
    for (let turn = 0; turn < ONES; turn++) await work(one, 'one');
    const last = turns.lastIndexOf('one');
    await crowd;
    // Round robin over processes: between two turns of the one, a grant's worth of the many.
    const others = last + 1 - ONES;
    expect(others).toBeLessThanOrEqual(8 * (ONES + 1));
    expect(turns).toHaveLength(100 + ONES);
  });

  it('the first waiter of a line gives up: its process keeps its place', async () => {
    const lease = await stage.locker().acquire('order', OPTIONS);
    const [early, late] = [stage.locker(), stage.locker()];
    const served: string[] = [];
    const leaving = new AbortController();
    const first = early.acquire('order', { ...OPTIONS, signal: leaving.signal });
    await stage.untilQueued('order', 1);
    const second = early.using('order', OPTIONS, () => served.push('early'));
    const other = late.using('order', OPTIONS, () => served.push('late'));
    await stage.untilQueued('order', 2);
    leaving.abort();
    await expect(first).rejects.toMatchObject({ code: 'LOCK_ABORTED' });
    expect(await stage.queued('order')).toBe(2);
    await lease.release();
    await Promise.all([second, other]);
    expect(served).toEqual(['early', 'late']);
  });

  it('a second, late release of an earlier turn reaches nobody', async () => {
    const locker = stage.locker();
    const first = await locker.acquire('order', OPTIONS);
    const following = locker.acquire('order', OPTIONS);
    await first.release();
    const second = await following;
    // By hand-over: both turns are of one hold in the store.
    expect(second.token).toBe(first.token + 1n);
    expect(await first.release()).toEqual({ released: true });
    expect(await stage.tokenOf('order')).toBe(first.token);
    second.assertHeld();
    expect(await stage.locker().tryAcquire('order')).toBeUndefined();
    expect(await second.release()).toEqual({ released: true });
  });

  it('tokens do not outrun the clock, however fast they are handed over', async () => {
    const lockers = [stage.locker(), stage.locker()];
    // Each grant carries 10 ms' worth of tokens, and gives most of them back within one.
    const options = { ...OPTIONS, handOver: { turns: 10_000, time: '1ms' } } as const;
    const start = performance.now();
    let count = 0;
    let token = 0n;
    const work = async (locker: Locker): Promise<void> => {
      // For a while, and until there were many, however slow this machine is.
      while (performance.now() < start + 3_000 || count < 10_000) {
        await locker.using('order', options, (lease) => {
          expect(lease.token).toBeGreaterThan(token);
          token = lease.token;
          count++;
        });
      }
    };
    await Promise.all(lockers.flatMap((locker) => Array.from({ length: 50 }, () => work(locker))));
    const [seconds, micros] = await stage.admin.time();
    const aheadMs = (Number(token) - (Number(seconds) * 1e6 + Number(micros))) / 1e3;
    // 10 minutes may end a second ahead.
    expect(aheadMs).toBeLessThan((performance.now() - start) / 600);
  });
});
