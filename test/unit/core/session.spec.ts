import { Locker, LockLostError } from '../../../lib/core/index.js';
import { FakeClock } from '../../../lib/testing/fake-clock.js';
import { answeredAfter, blackhole, fails } from './support/faulty-store.js';
import { SessionStore } from './support/session-store.js';
import { failure } from './support/stage.js';

describe('a store with sessions', () => {
  let clock: FakeClock;
  let store: SessionStore;
  let locker: Locker;
  beforeEach(() => {
    clock = new FakeClock();
    store = new SessionStore(clock);
    store.deadline = 9_900;
    locker = new Locker(store, { clock });
  });
  const held = (lease: { assertHeld(): void }) => (): void => {
    lease.assertHeld();
  };

  test('R11: the end of the session is a loss at once', async () => {
    const lease = await locker.acquire('k');
    store.end();
    expect(lease.signal.reason).toMatchObject({ code: 'LOCK_LOST', reason: 'session' });
    expect(held(lease)).toThrow(LockLostError);
    expect(await lease.release()).toEqual({ released: false, reason: 'session' });
  });

  test('R11: a session that ended before the grant arrived is no grant', async () => {
    store.end();
    expect(await failure(locker.acquire('k', { wait: 0 }))).toMatchObject({ code: 'LOCK_BACKEND' });
    expect(locker.counts()).toEqual({ held: 0, waiting: 0 });
  });

  test('a deadline that moves by itself keeps the lease; one that stops ends it at D − M', async () => {
    const lease = await locker.acquire('k');
    for (let i = 0; i < 10; i++) {
      await clock.advance(3_000);
      store.deadline = clock.mono() + 9_900;
    }
    held(lease)();
    expect(store.calls.map((call) => call.operation)).toEqual(['acquire']);
    await clock.advance(8_899);
    expect(lease.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(lease.signal.reason).toMatchObject({ reason: 'expired' });
  });

  test('a lease that was lost while its session lives on is given back: once its holder has had the time to stop', async () => {
    const lease = await locker.acquire('k');
    await clock.advance(8_000);
    // Answered when the lease has been lost: that gives nothing back a second time.
    store.always.ping = answeredAfter(1_200);
    store.cut(new Error('cut'));
    await clock.advance(900);
    expect(lease.signal.reason).toMatchObject({ reason: 'expired' });
    store.deadline = clock.mono() + 9_900;
    await clock.advance(999);
    expect(store.count('release')).toBe(0);
    await clock.advance(1);
    expect(store.count('release')).toBe(1);
    expect(await lease.release()).toEqual({ released: false, reason: 'expired' });
    await clock.advance(60_000);
    expect(store.count('release')).toBe(1);
  });

  test('how early a loss is told goes by the length of the session, and not by a lease that nobody has', async () => {
    const leases = await Promise.all(
      (['150ms', '10s', '1m'] as const).map((lease) => locker.acquire(`k${lease}`, { lease })),
    );
    expect(leases.map(({ remainingMs }) => remainingMs)).toEqual([8_900, 8_900, 8_900]);
  });

  test('a deadline that moves back, because the session is shorter than it was, counts', async () => {
    const lease = await locker.acquire('k');
    store.deadline = 3_000;
    expect(lease.remainingMs).toBe(2_000);
    await clock.advance(2_000);
    expect(held(lease)).toThrow(LockLostError);
  });

  test('after the machine may have slept, an answered ping in the same session vouches for the hold', async () => {
    const lease = await locker.acquire('k');
    clock.sleep(3_600_000);
    expect(held(lease)).toThrow(LockLostError);
    expect(lease.state).toBe('suspect');
    await clock.advance(0);
    held(lease)();
    expect(lease.state).toBe('held');
    expect(store.count('ping')).toBe(1);
  });

  test('a ping that fails or hangs is repeated; until then nobody is told that the key is held', async () => {
    const lease = await locker.acquire('k');
    store.next.ping = [fails(new Error('cut')), blackhole];
    clock.sleep(3_600_000);
    expect(held(lease)).toThrow(LockLostError);
    await clock.advance(400);
    expect(held(lease)).toThrow(LockLostError);
    expect(store.count('ping')).toBe(2);
    await clock.advance(3_000);
    expect(store.count('ping')).toBe(3);
    held(lease)();
  });

  test('a session that is cut off is in doubt, is relied on, and is not handed on until a ping is answered', async () => {
    const lease = await locker.acquire('k');
    store.next.ping = [fails(new Error('cut')), blackhole];
    store.cut(new Error('cut'));
    expect(lease.state).toBe('suspect');
    held(lease)();
    await clock.advance(400);
    expect(store.count('ping')).toBe(2);
    expect(lease.state).toBe('suspect');
    store.cut(new Error('cut again'));
    await clock.advance(0);
    expect(store.count('ping')).toBe(3);
    expect(lease.state).toBe('held');
  });

  test('an answer to a ping that was sent before the cut does not vouch for what came after it', async () => {
    const lease = await locker.acquire('k');
    store.next.ping = [answeredAfter(100), blackhole];
    store.cut(new Error('cut'));
    await clock.advance(50);
    store.cut(new Error('cut again'));
    await clock.advance(100);
    expect(store.count('ping')).toBe(2);
    expect(lease.state).toBe('suspect');
  });

  test('a session that is cut off after the release concerns nobody', async () => {
    const lease = await locker.acquire('k');
    await lease.release();
    store.cut(new Error('cut'));
    await clock.advance(0);
    expect(lease.state).toBe('released');
    expect(store.count('ping')).toBe(0);
  });

  test('a session that ends after the release concerns nobody', async () => {
    const lease = await locker.acquire('k');
    await lease.release();
    store.end();
    expect(lease.state).toBe('released');
    expect(lease.signal.aborted).toBe(false);
  });
});
