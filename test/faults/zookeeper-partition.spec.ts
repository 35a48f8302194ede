import { randomUUID } from 'node:crypto';
import { askUntil } from '../support/ask-until.js';
import { EnsembleStage } from './zookeeper-ensemble.stage.js';

const SESSION_MS = 3_000;
/** Of who goes on elsewhere: an election takes a while, too. */
const LONG_SESSION_MS = 30_000;

/** F45: a server that clients still reach cannot reach the others. */
describe('zookeeper: a minority of an ensemble', () => {
  let stage: EnsembleStage;

  beforeAll(async () => {
    stage = await EnsembleStage.start(SESSION_MS, { partible: true });
  }, 120_000);
  afterEach(() => stage.restore(), 60_000);
  afterAll(() => stage.stop());

  it.each(['leader', 'follower'] as const)(
    'the %s is cut off: who knows no other server is told before the next is granted, who knows all keeps its lease',
    async (role) => {
      const key = randomUUID();
      const cut = await stage.ensemble[role]();
      const others = stage.ensemble.servers.filter((server) => server !== cut);
      const alone = stage.locker({ servers: [cut] });
      const elsewhere = stage.locker({ servers: others, sessionMs: LONG_SESSION_MS });
      const roaming = stage.locker({ sessionMs: LONG_SESSION_MS });
      const [lease, kept] = await Promise.all([alone.acquire(key), roaming.acquire(`${key}-kept`)]);
      const told = new Promise<number>((resolve) => {
        lease.signal.addEventListener('abort', () => resolve(performance.now()));
      });
      const granted = elsewhere.acquire(key, { wait: '60s' });
      await askUntil('it waits', async () => (await stage.queued(key)) === 2);
      stage.ensemble.isolate(cut);
      const next = await granted;
      const grantedAt = performance.now();

      expect(await told).toBeLessThan(grantedAt);
      expect(lease.signal.reason).toMatchObject({ code: 'LOCK_LOST' });
      expect(next.token).toBeGreaterThan(lease.token);
      await expect(alone.tryAcquire(`${key}-minority`)).rejects.toMatchObject({ code: 'LOCK_BACKEND' });
      expect(kept.signal.aborted).toBe(false);
      expect(await kept.release()).toEqual({ released: true });
      expect(await next.release()).toEqual({ released: true });
    },
    90_000,
  );
});
