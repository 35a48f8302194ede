import { Contender } from '../support/contender.js';
import { CONTENDED_STORES, type ContendedStore } from './contended.store.js';

const ROUNDS = 50;
const LEASE_MS = 150;

/** F02: a process that was stopped beyond its lease must not believe for one line that it still holds it. */
describe.each(['sqlite', 'redis', 'postgres', 'mariadb', 'zookeeper'] as const)(
  '%s: SIGSTOP of the holder beyond its lease',
  (name) => {
    let store: ContendedStore;

    beforeAll(async () => {
      store = await CONTENDED_STORES[name]();
    }, 120_000);

    afterAll(() => store.stop());

    it(`hears it from assertHeld() at the first line after SIGCONT, ${String(ROUNDS)} times`, async () => {
      const contenders = await Promise.all([Contender.start(store.url), Contender.start(store.url)]);
      try {
        for (let round = 0; round < ROUNDS; round++) {
          const [holder, next] = round % 2 === 0 ? contenders : [contenders[1], contenders[0]];
          const held = await holder.acquire('order', { lease: LEASE_MS, wait: 5_000 });
          await holder.watch();
          holder.signal('SIGSTOP');
          const granted = await next.acquire('order', { lease: LEASE_MS, wait: 5_000 });
          const continuedAt = process.hrtime.bigint();
          holder.signal('SIGCONT');
          const watched = await holder.watched();

          expect(watched.code).toBe('LOCK_LOST');
          // Nothing that ran after SIGCONT was told "held", so the two leases were never valid at once.
          expect(BigInt(watched.lastHeld)).toBeLessThan(continuedAt);
          expect(BigInt(watched.lastHeld)).toBeLessThan(BigInt(granted.at));
          expect(BigInt(granted.token)).toBeGreaterThan(BigInt(held.token));
          expect(await holder.release()).toMatchObject({ released: false });
          expect(await next.release()).toEqual({ released: true });
        }
      } finally {
        await Promise.all(contenders.map((contender) => contender.kill()));
      }
    }, 120_000);
  },
);
