import { TICK_MS } from '../support/zookeeper-kind.js';
import type { Contender } from '../support/contender.js';
import { withSchedulerDelay } from '../support/scheduler-delay.js';
import { ZookeeperStage } from './zookeeper.stage.js';

const SESSION_MS = 600;
const ROUNDS = 20;
const OPTIONS = { lease: 10_000, wait: 30_000 };

/** F01: the lock of a process that was killed is the next one's when its session has ended. */
describe('zookeeper: kill -9 of the holder', () => {
  let stage: ZookeeperStage;

  beforeAll(async () => {
    stage = await ZookeeperStage.start(SESSION_MS);
  }, 120_000);
  afterAll(() => stage.stop());

  it(`passes to the first who waits, and wakes no other, ${String(ROUNDS)} times`, async () => {
    const waiters = [await stage.contender(), await stage.contender()] as const;
    const starting = (): Promise<Contender> => stage.contender();
    for (let round = 0; round < ROUNDS; round++) {
      const key = `order-${String(round)}`;
      const holder = await starting();
      const held = await holder.acquire(key, OPTIONS);
      const first = waiters[0].acquire(key, OPTIONS);
      await stage.untilQueued(key, 2);
      let isSecondGranted = false;
      const second = waiters[1].acquire(key, OPTIONS).finally(() => (isSecondGranted = true));
      await stage.untilQueued(key, 3);
      const { result, delayMs } = await withSchedulerDelay(async () => {
        const since = performance.now();
        await holder.kill();
        const next = await first;
        return { next, tookMs: performance.now() - since };
      });
      // It is expired with a tick of the server, and as long after its last sign of life.
      expect(result.tookMs).toBeLessThan(SESSION_MS + 2 * TICK_MS + 250 + 5 * delayMs);
      expect(BigInt(result.next.token)).toBeGreaterThan(BigInt(held.token));
      expect(isSecondGranted).toBe(false);
      await waiters[0].release();
      await second;
      await waiters[1].release();
      expect(await stage.queue(key)).toEqual([]);
    }
  }, 120_000);
});
