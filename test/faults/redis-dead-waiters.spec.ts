import { askUntil } from '../support/ask-until.js';
import { withSchedulerDelay } from '../support/scheduler-delay.js';
import { RedisStage } from './redis.stage.js';

/** The lease is one that a busy machine renews in time for a thousand waiters: who is lost before the kill spoils the count. */
const OPTIONS = { lease: 3_000, wait: 60_000 };
const PROCESSES = 4;
const PER_PROCESS = 250;

/** F60, R09, R16: processes die while they wait, by the hundred, and nobody cleans up after them. */
describe('redis: kill -9 of 1,000 waiters', () => {
  let stage: RedisStage;

  beforeEach(async () => {
    stage = await RedisStage.start();
  }, 120_000);

  afterEach(() => stage.stop());

  /**
   * Others hold the keys, processes queue, a survivor behind them all; the processes die, the keys are given back. For
   * one more key nobody survives.
   * @returns how long the last of the survivor's callers waited from then on, in ms
   */
  async function outlive(keys: readonly string[], callers: number): Promise<number> {
    const holder = stage.locker();
    const survivor = stage.locker();
    const all = [...keys, 'deserted'];
    const held = await Promise.all(all.map((key) => holder.acquire(key, OPTIONS)));
    const dying = await Promise.all(Array.from({ length: PROCESSES }, () => stage.contender()));
    await Promise.all(dying.map((process) => process.crowd(all, callers, OPTIONS)));
    await untilAllQueued(all, PROCESSES * callers);
    const survived = Promise.all(keys.map((key) => survivor.using(key, OPTIONS, () => performance.now())));
    await untilAllQueued(keys, PROCESSES * callers + 1);
    await Promise.all(dying.map((process) => process.kill()));
    const freedAt = performance.now();
    await Promise.all(held.map((lease) => lease.release()));
    return Math.max(...(await survived)) - freedAt;
  }

  function untilAllQueued(keys: readonly string[], length: number): Promise<void> {
    return askUntil(`${length} queue for each key`, async () => {
      const lengths = await Promise.all(keys.map((key) => stage.queued(key)));
      return lengths.every((queued) => queued === length);
    });
  }

  it.each([
    { where: 'on one key', keys: 1, callers: PER_PROCESS },
    { where: 'on 250 keys', keys: PER_PROCESS, callers: 1 },
  ])(
    '$where: the rest is served within one waiter lease, and nothing remains',
    async ({ keys, callers }) => {
      const names = Array.from({ length: keys }, (_, n) => `order:${n}`);
      const { result: waitedMs, delayMs } = await withSchedulerDelay(() => outlive(names, callers));
      expect(waitedMs).toBeLessThan(OPTIONS.lease + 50 + 10 * delayMs);
      // What the dead have left expires by itself.
      await askUntil('nothing remains', async () => (await stage.leftovers()).length === 0, 2 * OPTIONS.lease);
      expect(await stage.admin.keys('nestjs-locked:floor*')).toHaveLength(keys + 1);
    },
    60_000,
  );
});
