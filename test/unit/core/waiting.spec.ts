import { arrivesAfter, answeredAfter, blackhole, FaultyStore } from './support/faulty-store.js';
import { Locker } from '../../../lib/core/index.js';
import { failure, gate, LEASE, listenForWarnings, NOTHING, Stage, watch } from './support/stage.js';

describe('waiting', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));

  test('busy means busy: no call to the store, and nobody is overtaken', async () => {
    const held = await stage.locker.acquire('k');
    const waiting = watch(stage.locker.acquire('k'));
    await stage.settle();
    const { length } = stage.store.calls;
    expect(await stage.locker.tryAcquire('k')).toBeUndefined();
    expect(await failure(stage.locker.acquire('k', { wait: 0 }))).toMatchObject({ code: 'LOCK_BUSY' });
    expect(stage.store.calls).toHaveLength(length);
    await held.release();
    await stage.settle();
    expect(waiting.state).toBe('done');
  });

  test('a foreign holder: one try, and what the store knows of the remaining time', async () => {
    await stage.other().acquire('k');
    stage.clock.block(1_000);
    const error = await failure(stage.locker.acquire('k', { wait: 0 }));
    expect(error).toMatchObject({ code: 'LOCK_BUSY', remainingMs: 9_000, key: 'k', backend: 'memory' });
    expect(stage.store.count('acquire')).toBe(1);
  });

  test('ends when its bound has passed, with a last try at the end', async () => {
    await stage.other().acquire('k');
    const waiting = watch(stage.locker.acquire('k', { wait: '1s' }));
    await stage.clock.advance(999);
    expect(waiting.state).toBe('pending');
    await stage.clock.advance(1);
    expect(waiting.error).toMatchObject({ code: 'LOCK_TIMEOUT', waitedMs: 1_000 });
    expect(stage.store.calls.findLast((call) => call.operation === 'acquire')?.at).toBe(1_000);
    // One timer of each Locker, and the holder's entry.
    expect(stage.clock.pendingTimers).toBeLessThanOrEqual(2);
    expect(stage.real.size).toBe(1);
  });

  test('R08, W1: a release elsewhere wakes the waiter without time going by', async () => {
    const theirs = await stage.other().acquire('k');
    const waiting = watch(stage.locker.acquire('k'));
    await stage.clock.advance(50);
    await theirs.release();
    await stage.settle();
    expect(waiting.value?.state).toBe('held');
  });

  test('W2: a holder that died: granted as soon as its lease has ended, and not before', async () => {
    const dead = new FaultyStore(stage.clock, stage.real);
    dead.always.renew = blackhole;
    await new Locker(dead, { clock: stage.clock }).acquire('k');
    const waiting = watch(stage.locker.acquire('k', { lease: '24h' }));
    await stage.clock.advance(LEASE.ms - 1);
    expect(waiting.state).toBe('pending');
    await stage.clock.advance(3);
    expect(waiting.state).toBe('done');
  });

  test('F07: an aborted waiter leaves at once, with the reason as cause; the others stay in order', async () => {
    await stage.other().acquire('k');
    const controller = new AbortController();
    const waiting = watch(stage.locker.acquire('k', { signal: controller.signal }));
    await stage.clock.advance(100);
    controller.abort('gone');
    await stage.settle();
    expect(waiting.error).toMatchObject({ code: 'LOCK_ABORTED', cause: 'gone' });
    expect(stage.locker.counts()).toEqual({ held: 0, waiting: 0 });
  });

  test('F07: a signal that is aborted already: no call to the store, and nothing remains of the key', async () => {
    const error = await failure(stage.locker.acquire('k', { signal: AbortSignal.abort('gone') }));
    expect(error).toMatchObject({ code: 'LOCK_ABORTED', cause: 'gone' });
    expect(stage.store.calls).toEqual([]);
    await stage.locker.close();
  });

  test('R26: an abort while the grant is on its way gives the key back; the next waiter gets it', async () => {
    stage.store.next.acquire = [answeredAfter(100)];
    const controller = new AbortController();
    const waiting = watch(stage.locker.acquire('k', { signal: controller.signal }));
    await stage.clock.advance(50);
    controller.abort();
    await stage.settle();
    expect(waiting.error).toMatchObject({ code: 'LOCK_ABORTED' });
    expect(await stage.freeToken('k')).toBeUndefined();
    await stage.clock.advance(50);
    expect(await stage.freeToken('k')).toBeDefined();
    expect(await stage.residue()).toEqual(NOTHING);
  });

  test('R26: an abort just after the grant: the caller has the lease, and keeps it', async () => {
    const controller = new AbortController();
    const first = await stage.locker.acquire('k');
    const waiting = stage.locker.acquire('k', { signal: controller.signal });
    void first.release();
    controller.abort();
    const lease = await waiting;
    lease.assertHeld();
    await lease.release();
    expect(await stage.residue()).toEqual(NOTHING);
  });

  test('2.6: the first waiter of a line gives up: the line keeps its place in the store', async () => {
    const theirs = await stage.other().acquire('k');
    const controller = new AbortController();
    const first = watch(stage.locker.acquire('k', { signal: controller.signal }));
    const second = watch(stage.locker.acquire('k'));
    await stage.clock.advance(100);
    controller.abort();
    await stage.settle();
    await theirs.release();
    await stage.settle();
    expect([first.state, second.state]).toEqual(['failed', 'done']);
    const owners = stage.store.calls.filter((call) => call.operation === 'acquire').map((call) => call.owner);
    expect(new Set(owners).size).toBe(1);
    expect(stage.store.count('abandon')).toBe(0);
  });

  test('2.6: the first waiter’s time runs out: it alone is sent away', async () => {
    const theirs = await stage.other().acquire('k');
    const first = watch(stage.locker.acquire('k', { wait: '1s' }));
    const second = watch(stage.locker.acquire('k', { wait: '5s' }));
    await stage.clock.advance(1_001);
    expect([first.state, second.state]).toEqual(['failed', 'pending']);
    await theirs.release();
    await stage.settle();
    expect(second.state).toBe('done');
  });

  test('everybody left and somebody came while the store was still being asked', async () => {
    stage.store.next.acquire = [arrivesAfter(500)];
    const controller = new AbortController();
    const first = watch(stage.locker.acquire('k', { signal: controller.signal }));
    await stage.clock.advance(100);
    controller.abort();
    const second = watch(stage.locker.acquire('k'));
    await stage.clock.advance(400);
    expect([first.state, second.state]).toEqual(['failed', 'done']);
    await second.value!.release();
    expect(await stage.residue()).toEqual(NOTHING);
  });

  test('whoever is first when the grant comes gets the length of lease that it wanted', async () => {
    stage.store.next.acquire = [answeredAfter(100)];
    const controller = new AbortController();
    const first = watch(stage.locker.acquire('k', { signal: controller.signal }));
    const second = watch(stage.locker.acquire('k', { lease: '2s' }));
    await stage.settle();
    controller.abort();
    await stage.clock.advance(110);
    expect(first.state).toBe('failed');
    expect(second.value?.remainingMs).toBeLessThanOrEqual(2_000);
    await second.value!.release();
    expect(await stage.residue()).toEqual(NOTHING);
  });

  test('F60: 1,000 waiters who all give up: one contender, nothing remains, the foreign waiter is not in their way', async () => {
    const warnings = listenForWarnings();
    const theirs = await stage.other().acquire('k');
    const controller = new AbortController();
    const crowd = Array.from({ length: 1_000 }, () =>
      watch(stage.locker.acquire('k', { signal: controller.signal, wait: '1h' })),
    );
    await stage.clock.advance(5_000);
    expect(stage.locker.counts()).toEqual({ held: 0, waiting: 1_000 });
    expect(stage.store.count('acquire')).toBeLessThan(10);
    expect(stage.clock.pendingTimers).toBeLessThanOrEqual(4);
    controller.abort();
    await stage.settle();
    expect(crowd.every((one) => one.state === 'failed')).toBe(true);
    const lone = watch(stage.other().acquire('k'));
    await theirs.release();
    await stage.settle();
    await lone.value!.release();
    warnings.stop();
    expect(warnings.seen).toEqual([]);
    expect(await stage.residue()).toEqual(NOTHING);
  });

  test('F61: 10,000 distinct keys, one after the other, leave nothing', async () => {
    for (let i = 0; i < 10_000; i++) await stage.locker.using(`k${String(i)}`, () => undefined);
    expect(await stage.residue()).toEqual(NOTHING);
    await stage.locker.close();
  });

  test('callers are served in the order in which they came', async () => {
    const order: number[] = [];
    const open = gate();
    const all = Array.from({ length: 200 }, (_, i) =>
      stage.locker.using('k', async () => {
        await open.opened;
        order.push(i);
      }),
    );
    open.open();
    await Promise.all(all);
    expect(order).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });
});
