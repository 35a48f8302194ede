import { blackhole, fails } from './support/faulty-store.js';
import { LockBackendError } from '../../../lib/core/index.js';
import { LEASE, Stage, watch } from './support/stage.js';

describe('waiting for a store in trouble', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));

  test('R08: hints that fail, throw, hang or come for nothing delay nobody beyond a third of the lease', async () => {
    for (const fault of [fails(new Error('no hints')), () => Promise.reject(new Error('cut')), blackhole]) {
      stage = new Stage();
      stage.store.always.freed = fault;
      const theirs = await stage.other().acquire('k');
      const waiting = watch(stage.locker.acquire('k'));
      await stage.clock.advance(50);
      await theirs.release();
      await stage.clock.advance((LEASE.ms / 3) * 1.25);
      expect(waiting.value?.state).toBe('held');
    }
  });

  test('R14: a store that never answered is not called busy, however short the wait', async () => {
    stage.store.always.acquire = blackhole;
    const waiting = watch(stage.locker.acquire('k', { wait: '1s' }));
    await stage.clock.advance(1_100);
    expect(waiting.error).toMatchObject({ code: 'LOCK_BACKEND', outcome: 'unknown' });
    await stage.clock.advance(1_000);
    expect(stage.store.count('abandon')).toBe(1);
  });

  test('R14: a store that was busy and whose last answer is late: the key was taken, as far as anybody knows', async () => {
    await stage.other().acquire('k');
    stage.store.next.acquire = [undefined, blackhole];
    const waiting = watch(stage.locker.acquire('k', { wait: '1s' }));
    await stage.clock.advance(1_050);
    expect(waiting.error).toMatchObject({ code: 'LOCK_TIMEOUT' });
  });

  test('R14: a store in passing trouble is asked again, for two seconds or until the wait is over', async () => {
    const trouble = new LockBackendError('cut', { outcome: 'not-applied', transient: true });
    stage.store.next.acquire = [fails(trouble), fails(trouble)];
    const waiting = watch(stage.locker.acquire('k', { wait: '1s' }));
    await stage.clock.advance(200);
    expect(waiting.value?.state).toBe('held');
    await waiting.value!.release();

    stage.store.always.acquire = fails(trouble);
    const short = watch(stage.locker.acquire('k', { wait: '500ms' }));
    await stage.clock.advance(550);
    expect(short.error).toMatchObject({ code: 'LOCK_BACKEND' });
    const long = watch(stage.locker.acquire('k', { wait: '10s' }));
    await stage.clock.advance(2_200);
    expect(long.error).toMatchObject({ code: 'LOCK_BACKEND' });
    expect(stage.store.count('acquire')).toBeLessThan(80);
  });

  test('R14: a store that was busy and then failed for good is a store in trouble', async () => {
    await stage.other().acquire('k');
    stage.store.next.acquire = [undefined, fails(new Error('boom'))];
    const waiting = watch(stage.locker.acquire('k'));
    await stage.clock.advance(5_000);
    expect(waiting.error).toMatchObject({ code: 'LOCK_BACKEND', cause: { message: 'boom' } });
  });
});
