import { LockBusyError, LockTimeoutError } from '../../../lib/core/index.js';
import { fails } from './support/faulty-store.js';
import { failure, Stage, watch } from './support/stage.js';

describe('onBusy', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = new Stage();
    await stage.other().acquire('taken');
  });
  const never = (): string => {
    throw new Error('ran without the lock');
  };

  test('throws by default', async () => {
    expect(await failure(stage.locker.using('taken', { wait: 0 }, never))).toBeInstanceOf(LockBusyError);
  });

  test('skips: the work is not done and nothing is returned', async () => {
    expect(await stage.locker.using('taken', { wait: 0, onBusy: 'skip' }, never)).toBeUndefined();
    const waited = watch(stage.locker.using('taken', { wait: 100, onBusy: 'skip' }, never));
    await stage.clock.advance(150);
    expect(waited).toEqual({ state: 'done', value: undefined });
  });

  test('a function’s value, awaited, and its own error, unwrapped', async () => {
    const busy: unknown[] = [];
    const onBusy = async (error: unknown): Promise<string> => (busy.push(error), 'later');
    expect(await stage.locker.using('taken', { wait: 0, onBusy }, never)).toBe('later');
    const waited = watch(stage.locker.using('taken', { wait: 100, onBusy }, never));
    await stage.clock.advance(150);
    expect(waited.value).toBe('later');
    expect(busy[0]).toBeInstanceOf(LockBusyError);
    expect(busy[1]).toBeInstanceOf(LockTimeoutError);
    const mine = new Error('mine');
    const throwing = (): never => {
      throw mine;
    };
    expect(await failure(stage.locker.using('taken', { wait: 0, onBusy: throwing }, never))).toBe(mine);
  });

  test('R14: store trouble, an abort and a bad key are not "busy"', async () => {
    const onBusy = 'skip';
    stage.store.next.acquire = [fails(new Error('down'))];
    expect(await failure(stage.locker.using('free', { onBusy }, never))).toMatchObject({ code: 'LOCK_BACKEND' });
    const signal = AbortSignal.abort();
    expect(await failure(stage.locker.using('free', { onBusy, signal }, never))).toMatchObject({
      code: 'LOCK_ABORTED',
    });
    expect(await failure(stage.locker.using('', { onBusy }, never))).toMatchObject({ code: 'LOCK_KEY' });
    stage.store.next.acquire = [fails(new Error('down'))];
    expect(await failure(stage.locker.tryAcquire('free'))).toMatchObject({ code: 'LOCK_BACKEND' });
  });

  test('a busy lock inside of the work is the work’s own affair', async () => {
    const error = await failure(
      stage.locker.using('mine', { onBusy: 'skip' }, () => stage.locker.using('taken', { wait: 0 }, never)),
    );
    expect(error).toBeInstanceOf(LockBusyError);
  });
});
