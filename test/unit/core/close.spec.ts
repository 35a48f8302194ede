import { LockBackendError, LockShutdownError } from '../../../lib/core/index.js';
import { arrivesAfter, blackhole, fails } from './support/faulty-store.js';
import { failure, gate, listenForWarnings, NOTHING, Stage, watch } from './support/stage.js';

describe('shutdown', () => {
  let stage: Stage;
  let warnings: ReturnType<typeof listenForWarnings>;
  beforeEach(() => {
    stage = new Stage();
    warnings = listenForWarnings();
  });
  afterEach(() => {
    warnings.stop();
    expect(warnings.seen).toEqual([]);
  });

  test('F10: waiting and new callers are refused at once, holders work on, keys are free in the end', async () => {
    const open = gate();
    const work = watch(stage.locker.using('k', () => open.opened.then(() => 'done')));
    await stage.settle();
    const waiting = watch(stage.locker.acquire('k'));
    await stage.other().acquire('theirs');
    const foreign = watch(stage.locker.acquire('theirs'));
    await stage.settle();
    const closed = watch(stage.locker.close());
    await stage.settle();
    expect(waiting.error).toBeInstanceOf(LockShutdownError);
    expect(foreign.error).toBeInstanceOf(LockShutdownError);
    expect(await failure(stage.locker.acquire('new'))).toBeInstanceOf(LockShutdownError);
    expect(await failure(stage.locker.tryAcquire('new'))).toBeInstanceOf(LockShutdownError);
    expect([work.state, closed.state]).toEqual(['pending', 'pending']);
    await stage.clock.advance(5_000);
    open.open();
    await stage.settle();
    expect([work.value, closed.state]).toEqual(['done', 'done']);
    expect(await stage.freeToken('k')).toBeDefined();
    expect(stage.store.calls.at(-1)?.operation).toBe('close');
    expect(stage.locker.counts()).toEqual({ held: 0, waiting: 0 });
  });

  test('F10: who still works after the drain loses the key, with reason shutdown; no timer is left', async () => {
    const forever = gate();
    const reasons: unknown[] = [];
    const work = watch(
      stage.locker.using('k', async (lease) => {
        lease.signal.addEventListener('abort', () => reasons.push(lease.signal.reason));
        await forever.opened;
      }),
    );
    await stage.settle();
    const closed = watch(stage.locker.close({ drain: '3s' }));
    await stage.clock.advance(2_999);
    expect([reasons.length, closed.state]).toEqual([0, 'pending']);
    await stage.clock.advance(1);
    expect(reasons).toMatchObject([{ code: 'LOCK_LOST', reason: 'shutdown' }]);
    expect(closed.state).toBe('done');
    expect(stage.clock.pendingTimers).toBe(0);
    expect(await stage.freeToken('k')).toBeDefined();
    forever.open();
    await stage.settle();
    expect(work.error).toMatchObject({ code: 'LOCK_LOST', reason: 'shutdown' });
  });

  test('F10: joined work is drained too; who waits to join is sent away when the drain is over', async () => {
    const forever = gate();
    const joined: ReturnType<typeof watch>[] = [];
    void stage.locker
      .using('k', async () => {
        joined.push(watch(stage.locker.using('k', () => forever.opened)));
        joined.push(watch(stage.locker.using('k', () => 'second')));
        await forever.opened;
      })
      .catch(() => undefined);
    await stage.settle();
    const closed = watch(stage.locker.close({ drain: '1s' }));
    await stage.clock.advance(1_000);
    expect(closed.state).toBe('done');
    expect(joined.map((one) => one.state)).toEqual(['pending', 'failed']);
    expect(joined[1]?.error).toMatchObject({ code: 'LOCK_LOST', reason: 'shutdown' });
    expect(stage.locker.counts().waiting).toBe(0);
    expect(stage.clock.pendingTimers).toBe(0);
    forever.open();
    await stage.settle();
  });

  test('closing twice is closing once; nothing to close is closed at once', async () => {
    await Promise.all([stage.locker.close(), stage.locker.close()]);
    expect(stage.store.count('close')).toBe(1);
    expect(stage.clock.pendingTimers).toBe(0);
  });

  test('with nobody at work it is closed at once, whoever has waited', async () => {
    await stage.other().acquire('theirs');
    const waiting = watch(stage.locker.acquire('theirs'));
    await stage.settle();
    const closed = watch(stage.locker.close());
    await stage.settle();
    expect([waiting.state, closed.state]).toEqual(['failed', 'done']);
  });

  test('a drain that is no duration is refused, and nothing is closed', async () => {
    expect(await failure(stage.locker.close({ drain: '10' }))).toMatchObject({ code: 'LOCK_OPTIONS', option: 'drain' });
    await stage.locker.using('k', () => undefined);
  });

  test('a store that is silent holds up the end by the bounds of its operations, not for ever', async () => {
    const held = await stage.locker.acquire('held');
    stage.store.always.release = blackhole;
    stage.store.always.acquire = blackhole;
    stage.store.always.close = blackhole;
    const waiting = watch(stage.locker.acquire('waited'));
    await stage.settle();
    const closed = watch(stage.locker.close({ drain: '1s' }));
    await stage.clock.advance(1_000 + 3 * 2_000);
    expect(closed.state).toBe('failed');
    expect(closed.error).toBeInstanceOf(LockBackendError);
    expect(waiting.error).toBeInstanceOf(LockShutdownError);
    expect(await held.release()).toEqual({ released: false, reason: 'shutdown' });
    await stage.clock.advance(60_000);
    expect(stage.clock.pendingTimers).toBe(0);
  });

  test('a release of unknown outcome gets its second try before the store is closed', async () => {
    const cut = new LockBackendError('cut', { outcome: 'unknown' });
    stage.store.next.release = [fails(cut)];
    await stage.locker.using('k', () => undefined);
    const closed = watch(stage.locker.close());
    await stage.clock.advance(100);
    expect(closed.state).toBe('done');
    expect(stage.store.calls.at(-1)?.operation).toBe('close');
    expect(stage.clock.pendingTimers).toBe(0);
    expect(await stage.freeToken('k')).toBeDefined();
  });

  test('R26: a grant on its way while everything closes goes back first', async () => {
    stage.store.next.acquire = [arrivesAfter(500)];
    const waiting = watch(stage.locker.acquire('k'));
    await stage.settle();
    const closed = watch(stage.locker.close());
    await stage.clock.advance(100);
    expect([waiting.state, closed.state]).toEqual(['failed', 'pending']);
    await stage.clock.advance(400);
    expect(closed.state).toBe('done');
    expect(await stage.residue()).toEqual(NOTHING);
  });

  test('nothing is asked of a closed store, which might open itself again', async () => {
    stage.store.next.acquire = [arrivesAfter(3_000)];
    const waiting = watch(stage.locker.acquire('k'));
    await stage.settle();
    const closed = watch(stage.locker.close());
    await stage.clock.advance(10_000);
    expect([waiting.state, closed.state]).toEqual(['failed', 'done']);
    expect(stage.store.calls.at(-1)?.operation).toBe('close');
    expect(await failure(stage.locker.ping())).toBeInstanceOf(LockShutdownError);
  });

  test('a release on its way arrives before the store is closed', async () => {
    stage.store.next.release = [arrivesAfter(500)];
    const lease = await stage.locker.acquire('k');
    const released = watch(lease.release());
    const closed = watch(stage.locker.close());
    await stage.clock.advance(499);
    expect([released.state, closed.state, stage.store.count('close')]).toEqual(['pending', 'pending', 0]);
    await stage.clock.advance(1);
    expect([released.state, closed.state]).toEqual(['done', 'done']);
    expect(await stage.residue()).toEqual(NOTHING);
  });

  test('a ping under way when all closes has its bound all the same', async () => {
    stage.store.always.ping = blackhole;
    const ping = watch(stage.locker.ping());
    await stage.locker.close();
    await stage.clock.advance(2_000);
    expect(ping.error).toBeInstanceOf(LockBackendError);
    expect(stage.clock.pendingTimers).toBe(0);
  });

  test('quiesce caps the waits of those who wait and of those who come; locks are granted meanwhile', async () => {
    await stage.other().acquire('k');
    const early = watch(stage.locker.acquire('k', { wait: '1h' }));
    const short = watch(stage.locker.acquire('k', { wait: '1s' }));
    await stage.locker.acquire('mine');
    const behindMine = watch(stage.locker.acquire('mine', { wait: '1h' }));
    await stage.clock.advance(500);
    stage.locker.quiesce('2s');
    const late = watch(stage.locker.acquire('k', { wait: '1h' }));
    await stage.clock.advance(550);
    expect([early.state, short.state, late.state]).toEqual(['pending', 'failed', 'pending']);
    await stage.locker.using('free', () => undefined);
    await stage.clock.advance(1_500);
    expect(behindMine.error).toMatchObject({ code: 'LOCK_TIMEOUT' });
    expect([early.error, late.error]).toMatchObject([{ code: 'LOCK_TIMEOUT' }, { code: 'LOCK_TIMEOUT' }]);
  });
});
