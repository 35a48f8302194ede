import type { Locker } from '../../lib/core/index.js';
import { askUntil } from '../support/ask-until.js';
import { withSchedulerDelay } from '../support/scheduler-delay.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { RedisStage } from './redis.stage.js';

const LEASE_MS = 1_500;
/** A waiter looks every third of its lease, whatever it hears. */
const LOOK_MS = LEASE_MS / 3;
const WAITERS = 4;
const OPTIONS = { lease: LEASE_MS, wait: 20_000 };

/** F28, R08: a message that never arrives costs time, never a turn. */
describe('redis: messages are lost', () => {
  let stage: RedisStage;
  let proxy: TcpProxy;
  let lockers: Locker[];
  let holder: Locker;

  beforeEach(async () => {
    stage = await RedisStage.start();
    proxy = await stage.proxy();
    holder = stage.locker();
    lockers = Array.from({ length: WAITERS }, () => stage.locker(proxy.url));
  }, 120_000);

  afterEach(() => stage.stop());

  /** Holds the key until all wait for it, then lets it go: how long each waited from the release before it, in ms. */
  async function serveAll(beforeRelease?: () => Promise<unknown>): Promise<number[]> {
    const waits: number[] = [];
    const lease = await holder.acquire('order', OPTIONS);
    let freedAt = 0;
    const served = Promise.all(
      lockers.map(async (locker) => {
        const lease = await locker.acquire('order', OPTIONS);
        waits.push(performance.now() - freedAt);
        await beforeRelease?.();
        freedAt = performance.now();
        await lease.release();
      }),
    );
    await stage.untilQueued('order', WAITERS);
    await beforeRelease?.();
    freedAt = performance.now();
    await lease.release();
    await served;
    return waits;
  }

  it('all of them: every waiter is served within its look interval', async () => {
    let swallowed = 0;
    proxy.filter((direction, chunk) => {
      if (direction === 'toServer' || !chunk.includes('\r\nmessage\r\n')) return chunk;
      swallowed++;
      return undefined;
    });
    const { result: waits, delayMs } = await withSchedulerDelay(() => serveAll());
    expect(swallowed).toBeGreaterThanOrEqual(WAITERS);
    expect(waits).toHaveLength(WAITERS);
    expect(Math.max(...waits)).toBeLessThan(LOOK_MS + 25 + 5 * delayMs);
  });

  it('subscriptions are cut again and again: every waiter is served within its look interval', async () => {
    let kills = 0;
    const kill = async (): Promise<void> => {
      kills += Number(await stage.admin.client('KILL', 'TYPE', 'pubsub'));
    };
    const killing = setInterval(() => void kill(), 20);
    const untilCutAgain = (): Promise<void> => {
      const before = kills;
      return askUntil('cut again', () => Promise.resolve(kills > before));
    };
    try {
      const { result: waits, delayMs } = await withSchedulerDelay(() => serveAll(untilCutAgain));
      expect(waits).toHaveLength(WAITERS);
      expect(Math.max(...waits)).toBeLessThan(LOOK_MS + 25 + 5 * delayMs);
      expect(kills).toBeGreaterThan(WAITERS);
    } finally {
      clearInterval(killing);
    }
  });

  it('the subscription is cut between enqueue and release: whoever is back looks at once', async () => {
    const { result: waits, delayMs } = await withSchedulerDelay(() =>
      serveAll(() => stage.admin.client('KILL', 'TYPE', 'pubsub')),
    );
    expect(waits).toHaveLength(WAITERS);
    // The first pause of the driver before it connects again, and no look was due so soon.
    expect(Math.max(...waits)).toBeLessThan(50 + 50 + 10 * delayMs);
  });
});
