import { redis } from '../../lib/backends/redis/index.js';
import { type Lease, Locker } from '../../lib/core/index.js';
import { RedisCluster } from '../support/redis-cluster.js';
import type { RedisServer } from '../support/redis-server.js';

const LEASE_MS = 3_000;
const OPTIONS = { lease: LEASE_MS, wait: 20_000, handOver: false } as const;

/** BACKENDS: a slot moves to another master while locks in it are at work. */
describe('redis cluster: a slot on the move', () => {
  let cluster: RedisCluster;
  const lockers: Locker[] = [];

  beforeAll(async () => {
    cluster = await RedisCluster.start();
  }, 300_000);

  afterAll(async () => {
    await Promise.all(lockers.map((locker) => locker.close({ drain: 0 })));
    await cluster.stop();
  });

  function locker(): Locker {
    const made = new Locker(redis({ url: cluster.url }));
    lockers.push(made);
    return made;
  }

  async function home(key: string): Promise<{ slot: number; from: RedisServer; to: RedisServer }> {
    const slot = await cluster.slotOf(`lock:${key}`);
    const from = await cluster.ownerOf(slot);
    return { slot, from, to: cluster.nodes.find((node) => node !== from)! };
  }

  const state = (lease: Lease): string => (lease.assertHeld(), lease.state);

  it('held locks are renewed half way, given back half way, and held on afterwards', async () => {
    const locks = locker();
    const keys = ['{held}:kept', '{held}:given-back', '{held}:other'];
    const [kept, givenBack] = await Promise.all(keys.map((key) => locks.acquire(key, OPTIONS)));
    const { slot, from, to } = await home(keys[0]!);
    await cluster.moveSlot(slot, from, to, async (half) => {
      expect(half.left.length).toBeGreaterThan(0);
      // Longer than the lease: only renewals keep it.
      await new Promise((resolve) => setTimeout(resolve, LEASE_MS * 1.2));
      expect(state(kept!)).toBe('held');
      expect(await givenBack!.release()).toEqual({ released: true });
      const found = await from.administer((redis) => redis.exists('lock:{held}:given-back').catch(() => 0));
      expect(found).toBe(0);
    });
    expect(state(kept!)).toBe('held');
    expect(await kept!.release()).toEqual({ released: true });
    const next = await locker().acquire('{held}:given-back', OPTIONS);
    expect(next.token).toBeGreaterThan(givenBack!.token);
    await next.release();
  }, 60_000);

  it('contended: each turn is alone, tokens grow, everybody is served', async () => {
    const all = [locker(), locker(), locker()];
    const tokens: bigint[] = [];
    let inside = 0;
    let isOver = false;
    const { slot, from, to } = await home('{busy}:order');
    const working = all.map(async (locks) => {
      for (let turns = 0; !isOver || turns < 5; turns++) {
        try {
          await locks.using('{busy}:order', OPTIONS, async (lease) => {
            expect(++inside).toBe(1);
            await new Promise((resolve) => setImmediate(resolve));
            lease.assertHeld();
            inside--;
            tokens.push(lease.token);
          });
        } catch (error) {
          // While the slot is between two masters, new locks are refused in words.
          expect(error).toMatchObject({ code: 'LOCK_BACKEND' });
        }
      }
    });
    await cluster.moveSlot(slot, from, to);
    await cluster.moveSlot(slot, to, from, () => new Promise((resolve) => setTimeout(resolve, 300)));
    const moved = tokens.length;
    isOver = true;
    await Promise.all(working);
    expect(tokens.length).toBeGreaterThan(moved);
    expect(tokens).toEqual([...tokens].sort((a, b) => (a < b ? -1 : 1)));
    expect(new Set(tokens).size).toBe(tokens.length);
  }, 60_000);
});
