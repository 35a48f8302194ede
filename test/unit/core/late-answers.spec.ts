import { AsyncLocalStorage } from 'node:async_hooks';
import { lockChannels, Locker } from '../../../lib/core/index.js';
import { hear } from '../../support/hear.js';
import { answeredAfter, blackhole, fails } from './support/faulty-store.js';
import { SessionStore } from './support/session-store.js';
import { failure, NOTHING, Stage, watch } from './support/stage.js';

describe('what comes late', () => {
  let stage: Stage;
  beforeEach(() => {
    stage = new Stage();
  });

  test('a grant that arrives while all closes is given back before the store is closed', async () => {
    stage.store.next.acquire = [answeredAfter(3_000)];
    const silent = watch(stage.locker.acquire('k', { wait: 0 }));
    await stage.clock.advance(2_500);
    expect(silent.error).toMatchObject({ code: 'LOCK_BACKEND', outcome: 'unknown' });
    const closed = watch(stage.locker.close());
    await stage.clock.advance(1_000);
    expect(closed.state).toBe('done');
    expect(await stage.freeToken('k')).toBeDefined();
  });

  test('a hint that fails has the store asked soon, not after a third of a lease', async () => {
    const holder = await stage.other().acquire('k');
    stage.store.always.freed = fails(new Error('no watches left'));
    const waiting = watch(stage.locker.acquire('k', { lease: '1h', wait: '10s' }));
    await stage.clock.advance(1_000);
    await holder.release();
    await stage.clock.advance(200);
    expect(waiting.state).toBe('done');
  });

  test('a hint of a round that is over does not keep the next from being woken', async () => {
    await stage.other().acquire('k');
    stage.store.next.freed = [answeredAfter(60)];
    const first = new AbortController();
    const gone = watch(stage.locker.acquire('k', { signal: first.signal }));
    const waiting = watch(stage.locker.acquire('k'));
    await stage.settle();
    first.abort();
    await stage.clock.advance(100);
    expect(gone.state).toBe('failed');
    stage.store.always.freed = blackhole;
    const closed = watch(stage.locker.close({ drain: 0 }));
    await stage.settle();
    expect(waiting.error).toMatchObject({ code: 'LOCK_SHUTDOWN' });
    expect(closed.state).toBe('done');
  });

  test('a session that ends in the moment of the grant holds up nobody', async () => {
    for (let turns = 0; turns < 12; turns++) {
      const store = new SessionStore(stage.clock);
      store.deadline = stage.clock.mono() + 9_900;
      const locker = new Locker(store, { clock: stage.clock });
      const first = locker.acquire('k', { wait: 0 });
      for (let i = 0; i < turns; i++) await Promise.resolve();
      store.end();
      // Told before, in or after the grant; never a lease that looks alive.
      const error = await failure(first.then((lease) => lease.assertHeld()));
      expect(error).toMatchObject({ code: expect.stringMatching(/^LOCK_(LOST|BACKEND|BUSY)$/) });
      const closed = watch(locker.close({ drain: 0 }));
      await stage.clock.advance(10_000);
      expect(closed.state).toBe('done');
    }
  });

  test('a refusal that has others leave loses nobody', async () => {
    await stage.other().acquire('k');
    const leaves = new AbortController();
    const stop = hear(lockChannels.refused, () => {
      leaves.abort();
    });
    const signals = [undefined, leaves.signal, undefined, undefined];
    const all = signals.map((signal) => watch(stage.locker.acquire('k', { wait: '1s', signal })));
    await stage.clock.advance(2_000);
    stop();
    expect(all.map(({ state }) => state)).toEqual(['failed', 'failed', 'failed', 'failed']);
    expect(stage.locker.counts().waiting).toBe(NOTHING.waiting);
  });

  test('a loss is told outside of the async context of whoever set the timer', async () => {
    const tenant = new AsyncLocalStorage<string>();
    stage.store.always.renew = blackhole;
    const seen: unknown[] = [];
    for (const name of ['alice', 'bob']) {
      await tenant.run(name, async () => {
        const lease = await stage.locker.acquire(name);
        lease.signal.addEventListener('abort', () => seen.push(tenant.getStore()));
      });
    }
    await stage.clock.advance(10_000);
    expect(seen).toEqual([undefined, undefined]);
  });
});
