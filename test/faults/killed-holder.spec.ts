import { Contender } from '../support/contender.js';
import { withSchedulerDelay } from '../support/scheduler-delay.js';
import { LEASING_STORES, type LeasingStore } from './contended.store.js';

const WAIT_MS = 5_000;
const HELD = { lease: 200, wait: WAIT_MS };
/** A waiter looks every third of its lease: one that only did that would come much too late. */
const AWAITED = { lease: 5_000, wait: WAIT_MS };

/** F01: the lease of a process that was killed is the next one's when it has ended, and not before. */
describe.each([
  { name: 'sqlite', rounds: 50 },
  { name: 'redis', rounds: 100 },
  { name: 'postgres', rounds: 100 },
  { name: 'mariadb', rounds: 100 },
] as const)('$name: kill -9 of the holder', ({ name, rounds }) => {
  let store: LeasingStore;
  const started: Promise<Contender>[] = [];

  const start = (): Promise<Contender> => {
    const starting = Contender.start(store.url);
    started.push(starting);
    return starting;
  };

  beforeAll(async () => {
    store = await LEASING_STORES[name]();
  }, 120_000);

  afterAll(async () => {
    for (const contender of started) await (await contender).kill();
    await store.stop();
  });

  it(`passes to the waiter at the lease's end, never before, ${String(rounds)} times; tokens only grow`, async () => {
    const waiter = await start();
    const late: number[] = [];
    const tokens: bigint[] = [];
    const { delayMs } = await withSchedulerDelay(async () => {
      let starting = start();
      while (late.length < rounds) {
        const holder = await starting;
        // A process takes longer to start than a lease to end.
        starting = start();
        const held = await holder.acquire('order', HELD);
        const waiting = waiter.acquire('order', AWAITED);
        const awaited = store.untilAwaited('order').then(() => true);
        const isAwaited = await Promise.race([awaited, waiting.then(() => false)]);
        await holder.kill();
        const { token, endsAt } = await store.lease('order');
        const next = await waiting;
        await waiter.release();
        tokens.push(BigInt(held.token), BigInt(next.token));
        // This machine was too slow to renew the lease, or to see it before its end: the round says nothing.
        if (!isAwaited || token !== BigInt(held.token)) {
          awaited.catch(() => undefined);
          continue;
        }

        // A token is the store's clock in µs at the moment of the grant: its own word on "before".
        expect(Number(BigInt(next.token) / 1000n)).toBeGreaterThanOrEqual(endsAt);
        late.push(next.wallMs - endsAt);
      }
    });

    expect(tokens).toEqual([...tokens].sort((a, b) => (a < b ? -1 : 1)));
    expect(new Set(tokens).size).toBe(tokens.length);
    expect(Math.max(...late)).toBeLessThanOrEqual(25 + 3 * delayMs);
  }, 120_000);
});
