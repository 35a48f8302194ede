import { isLockError, LockLostError, LockUsageError } from '../../../lib/core/index.js';
import { arrivesAfter, answeredAfter, blackhole, replyLost } from './support/faulty-store.js';
import { failure, gate, LEASE, Stage, watch } from './support/stage.js';

describe('the end of a lease', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));

  test('F21: a store that falls silent: suspect, then the signal aborts at D − M, before the lease ends', async () => {
    const lease = await stage.locker.acquire('k');
    stage.store.always.renew = blackhole;
    await stage.clock.advance(LEASE.safe - 1);
    expect(lease.state).toBe('suspect');
    expect(lease.signal.aborted).toBe(false);
    expect(lease.remainingMs).toBe(1);
    lease.assertHeld();
    await stage.clock.advance(1);
    expect(lease.signal.aborted).toBe(true);
    expect(lease.signal.reason).toMatchObject({ code: 'LOCK_LOST', reason: 'expired', completed: false });
    expect(lease.state).toBe('lost');
    expect(lease.remainingMs).toBe(0);
  });

  test('the signal is not late because another hold was looked after a moment before', async () => {
    const one = await stage.locker.acquire('one');
    await stage.clock.advance(1);
    const two = await stage.locker.acquire('two');
    stage.store.always.renew = blackhole;
    await stage.clock.advance(LEASE.safe - 1);
    expect([one.signal.aborted, two.signal.aborted]).toEqual([true, false]);
    await stage.clock.advance(1);
    expect(two.signal.aborted).toBe(true);
  });

  test('F02, F03: after a stopped process assertHeld throws at the first line, before any timer has fired', async () => {
    const lease = await stage.locker.acquire('k');
    stage.clock.block(LEASE.safe - 1);
    lease.assertHeld();
    stage.clock.block(1);
    expect(() => {
      lease.assertHeld();
    }).toThrow(LockLostError);
    expect(lease.state).toBe('lost');
    expect(lease.signal.aborted).toBe(true);
    expect(await lease.release()).toEqual({ released: false, reason: 'expired' });
  });

  test('a loss is told once: it does not reach the lease that is granted after it', async () => {
    const lost = await stage.locker.acquire('k');
    stage.clock.block(LEASE.ms);
    expect(() => {
      lost.assertHeld();
    }).toThrow(LockLostError);
    const next = await stage.locker.acquire('k');
    await stage.clock.advance(100);
    expect(next.state).toBe('held');
  });

  test('F02: using never reports success after the lease has ended, although nobody has asked', async () => {
    const error = await failure(stage.locker.using('k', () => (stage.clock.block(LEASE.safe), 'sold')));
    expect(error).toMatchObject({ code: 'LOCK_LOST', reason: 'expired', completed: true, result: 'sold' });
  });

  test('F02: a stale lease after a takeover cannot release the next holder', async () => {
    const stale = await stage.locker.acquire('k');
    stage.clock.block(LEASE.ms);
    const next = await stage.other().acquire('k');
    expect(await stale.release()).toEqual({ released: false, reason: 'expired' });
    await stage.settle();
    expect(await stage.other().tryAcquire('k')).toBeUndefined();
    expect(next.token).toBeGreaterThan(stale.token);
  });

  test('R23, F03: an event loop that was blocked for less than D − M renews late, and nothing was lost', async () => {
    const lease = await stage.locker.acquire('k');
    stage.clock.block(LEASE.safe - 100);
    await stage.clock.advance(0);
    expect(lease.state).toBe('held');
    expect(lease.remainingMs).toBe(LEASE.safe);
  });

  test('R06: the deadline counts from before the request was sent, not from the answer', async () => {
    stage.store.next.acquire = [answeredAfter(1_500)];
    const pending = watch(stage.locker.acquire('k'));
    await stage.clock.advance(1_500);
    expect(pending.value?.remainingMs).toBe(LEASE.safe - 1_500);
  });

  test('R06, F25: a grant with less than half its lease left is given back and never returned', async () => {
    stage.store.next.acquire = [answeredAfter(120)];
    const late = watch(stage.locker.acquire('k', { lease: '200ms', wait: '1s' }));
    await stage.clock.advance(119);
    expect(await stage.freeToken('k')).toBeUndefined();
    await stage.clock.advance(1);
    expect(late.state).toBe('pending');
    expect(await stage.freeToken('k')).toBeDefined();
    await stage.clock.advance(100);
    expect(late.value?.remainingMs).toBeGreaterThan(50);
  });

  test('a late answer never revives a lost lease; what lives on is given back when its holder has had the time to stop', async () => {
    const lease = await stage.locker.acquire('k');
    stage.store.always.renew = arrivesAfter(6_000);
    await stage.clock.advance(LEASE.safe);
    expect(lease.state).toBe('lost');
    await stage.clock.advance(LEASE.deadline - LEASE.safe - 1);
    expect(lease.state).toBe('lost');
    expect(stage.store.count('release')).toBe(0);
    await stage.clock.advance(1);
    expect(stage.store.count('release')).toBe(1);
    expect(await stage.freeToken('k')).toBeDefined();
  });

  test('F10: what a late answer has kept is given back before all closes', async () => {
    const lease = await stage.locker.acquire('k');
    stage.store.always.renew = arrivesAfter(6_000);
    await stage.clock.advance(LEASE.safe);
    expect(lease.state).toBe('lost');
    await stage.clock.advance(900);
    expect(stage.store.count('release')).toBe(0);
    stage.store.always.release = arrivesAfter(50);
    const closed = watch(stage.locker.close());
    await stage.settle();
    expect(closed.state).toBe('pending');
    await stage.clock.advance(50);
    expect(closed.state).toBe('done');
    expect(stage.store.count('release')).toBe(1);
    expect(await stage.freeToken('k')).toBeDefined();
  });

  test('R02: a release is never followed by a renewal, and one under way changes nothing', async () => {
    stage.store.always.renew = answeredAfter(1_000);
    const lease = await stage.locker.acquire('k');
    while (stage.store.count('renew') === 0) await stage.clock.advance(100);
    expect(await lease.release()).toEqual({ released: true });
    await stage.clock.advance(60_000);
    expect(stage.store.count('renew')).toBe(1);
    expect(lease.state).toBe('released');
    expect(await stage.freeToken('k')).toBeDefined();
  });

  test('F06: releasing twice, at once or after a loss, asks the store once and answers the same', async () => {
    const lease = await stage.locker.acquire('k');
    const answers = await Promise.all([lease.release(), lease.release()]);
    expect([...answers, await lease.release()]).toEqual([{ released: true }, { released: true }, { released: true }]);
    expect(stage.store.count('release')).toBe(1);

    const lost = await stage.locker.acquire('k');
    stage.store.always.renew = blackhole;
    await stage.clock.advance(LEASE.ms);
    expect(await lost.release()).toEqual({ released: false, reason: 'expired' });
    expect(await lost.release()).toEqual({ released: false, reason: 'expired' });
    expect(stage.store.count('release')).toBe(1);
  });

  test('a released lease says so, and is not called lost', async () => {
    const lease = await stage.locker.acquire('k');
    await lease.release();
    expect(() => {
      lease.assertHeld();
    }).toThrow(LockUsageError);
    expect([lease.state, lease.remainingMs, lease.signal.aborted]).toEqual(['released', 0, false]);
    await stage.clock.advance(60_000);
    expect([lease.state, lease.signal.aborted]).toEqual(['released', false]);
  });

  test('a store that no longer knows us is believed at once', async () => {
    const lease = await stage.locker.acquire('k');
    stage.clock.jumpWall(3_600_000);
    stage.store.next.renew = [async () => false as never];
    expect(() => {
      lease.assertHeld();
    }).toThrow(LockLostError);
    await stage.settle();
    expect(lease.signal.reason).toMatchObject({ reason: 'taken' });
    expect(await lease.release()).toEqual({ released: false, reason: 'taken' });
  });

  test('R03: a loss is told to work in progress through its signal', async () => {
    stage.store.always.renew = replyLost;
    const told = gate();
    const done = failure(
      stage.locker.using('k', async (lease) => {
        lease.signal.addEventListener('abort', told.open);
        await told.opened;
        lease.signal.throwIfAborted();
      }),
    );
    await stage.clock.advance(LEASE.safe);
    const error = await done;
    expect(isLockError(error) && error.code).toBe('LOCK_LOST');
  });
});
