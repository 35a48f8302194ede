import type { AcquireRequest, Busy, Hold } from '../../../lib/core/backend.js';
import { isBusy } from '../../../lib/core/backend.js';
import { LockBackendError, Locker } from '../../../lib/core/index.js';
import { FakeClock } from '../../../lib/testing/fake-clock.js';
import { blackhole, fails, FaultyStore, replyLost } from './support/faulty-store.js';
import { NOTHING, Stage, watch } from './support/stage.js';

/** Queues in the store, as ZooKeeper does: an acquire settles with the grant, or when its signal aborts. */
class QueueingStore extends FaultyStore {
  override readonly waits = true;
  queued = 0;

  override async acquire(request: AcquireRequest): Promise<Hold | Busy> {
    this.queued++;
    try {
      for (;;) {
        const answer = await super.acquire(request);
        if (!isBusy(answer) || !request.mayWait || request.signal.aborted) return answer;
        request.onQueued?.();
        await this.real.freed(request.key, request.signal);
      }
    } finally {
      this.queued--;
    }
  }
}

describe('a store that queues', () => {
  let stage: Stage;
  let store: QueueingStore;
  let locker: Locker;
  beforeEach(() => {
    stage = new Stage();
    store = new QueueingStore(stage.clock, stage.real);
    locker = new Locker(store, { clock: stage.clock });
  });

  test('one place in the queue for the whole line, also when the first caller gives up', async () => {
    const theirs = await stage.other().acquire('k');
    const controller = new AbortController();
    const first = watch(locker.acquire('k', { signal: controller.signal }));
    const second = watch(locker.acquire('k', { wait: '10s' }));
    await stage.clock.advance(5_000);
    expect(store.queued).toBe(1);
    controller.abort();
    await stage.settle();
    expect([first.state, store.queued]).toEqual(['failed', 1]);
    await theirs.release();
    await stage.settle();
    expect(second.value?.state).toBe('held');
  });

  test('a try that failed before everybody left rejects nothing that nobody handles', async () => {
    store.next.acquire = [fails(new LockBackendError('cut', { outcome: 'unknown', transient: true }))];
    const controller = new AbortController();
    const waiting = watch(locker.acquire('k', { signal: controller.signal }));
    await stage.settle();
    // Jest fails a test for a rejection that is handled by nobody.
    controller.abort();
    await stage.settle();
    expect(waiting.state).toBe('failed');
    await new Promise((resolve) => setImmediate(resolve));
  });

  test('who gives back with callers left asks for its place at the tail in the same breath, without waiting', async () => {
    const first = await locker.acquire('k', { handOver: false });
    const second = watch(locker.acquire('k', { handOver: false }));
    await stage.settle();
    const before = store.calls.length;
    const released = first.release();
    expect(store.calls.slice(before).map(({ operation }) => operation)).toEqual(['release', 'acquire']);
    await released;
    await stage.settle();
    expect(second.value?.state).toBe('held');
    // Nobody is left: nothing is asked for.
    const after = store.calls.length;
    await second.value!.release();
    expect(store.calls.slice(after).map(({ operation }) => operation)).toEqual(['release']);
    await locker.close();
    expect(await stage.residue()).toEqual(NOTHING);
  });

  test('the place is left when the line is empty, and a late grant goes back', async () => {
    await stage.other().acquire('k');
    const waiting = watch(locker.acquire('k', { wait: '1s' }));
    await stage.clock.advance(1_100);
    expect(waiting.error).toMatchObject({ code: 'LOCK_TIMEOUT' });
    expect(store.queued).toBe(0);
    await locker.close();
  });

  test('whoever does not want to wait is not queued', async () => {
    await stage.other().acquire('k');
    expect(await locker.tryAcquire('k')).toBeUndefined();
    expect(store.queued).toBe(0);
    store.next.acquire = [blackhole];
    const unanswered = watch(locker.tryAcquire('k'));
    await stage.clock.advance(2_000);
    expect(unanswered.error).toMatchObject({ code: 'LOCK_BACKEND' });
  });

  test('everybody left and somebody came: the new caller is queued again', async () => {
    const theirs = await stage.other().acquire('k');
    const controller = new AbortController();
    const first = watch(locker.acquire('k', { signal: controller.signal }));
    await stage.settle();
    controller.abort();
    const second = watch(locker.acquire('k'));
    await stage.clock.advance(1_000);
    expect([first.state, second.state, store.queued]).toEqual(['failed', 'pending', 1]);
    await theirs.release();
    await stage.settle();
    expect(second.state).toBe('done');
  });

  test('whoever has queued for long outlasts a refusal as well as a newcomer, and is told of one that lasts', async () => {
    const refuses = fails(new LockBackendError('no replica', { outcome: 'not-applied', transient: true }));
    for (const [refusedMs, outcome] of [
      [1_000, 'done'],
      [3_000, 'failed'],
    ] as const) {
      const theirs = await stage.other().acquire('k');
      const waiting = watch(locker.acquire('k', { wait: '1m' }));
      await stage.clock.advance(5_000);
      store.always.acquire = refuses;
      await theirs.release();
      await stage.clock.advance(refusedMs);
      delete store.always.acquire;
      await stage.clock.advance(100);
      expect(waiting.state).toBe(outcome);
      await waiting.value?.release();
    }
  });

  test('R07, R10: a store that does not even answer the end of waiting holds up nobody after the bound', async () => {
    for (const fault of [blackhole, replyLost]) {
      store.next.acquire = [fault];
      const waiting = watch(locker.acquire('k', { wait: '1s' }));
      await stage.clock.advance(1_100);
      // Not "busy": the store has not said so.
      expect(waiting.error).toMatchObject({ code: 'LOCK_BACKEND', outcome: 'unknown' });
      await stage.clock.advance(2_000);
      const next = watch(locker.acquire('k', { wait: '1s' }));
      await stage.settle();
      expect(next.value?.state).toBe('held');
      await next.value!.release();
    }
    const closed = watch(locker.close());
    // What it may still grant is waited for, as long as any call to a store is.
    await stage.clock.advance(2_000);
    expect(closed.state).toBe('done');
    expect(await stage.residue()).toEqual(NOTHING);
  });

  test('a grant that took minutes is not renewed from the time when it was asked for', async () => {
    const theirs = await stage.other().acquire('k');
    const waiting = watch(locker.acquire('k', { wait: '1h' }));
    await stage.clock.advance(600_000);
    await theirs.release();
    await stage.settle();
    const lease = waiting.value!;
    lease.assertHeld();
    await stage.clock.advance(60_000);
    expect(lease.state).toBe('held');
    expect(stage.clock).toBeInstanceOf(FakeClock);
  });
});
