import { LockQuotaError } from '../../../lib/core/index.js';
import { failure, NOTHING, Stage } from './support/stage.js';

describe('quota', () => {
  test('R15, F62: leases held', async () => {
    const stage = new Stage({ quota: { held: 2 } });
    const one = await stage.locker.acquire('one');
    const two = await stage.locker.acquire('two');
    expect(await failure(stage.locker.acquire('three'))).toBeInstanceOf(LockQuotaError);
    await one.release();
    const three = await stage.locker.acquire('three');
    await Promise.all([two.release(), three.release()]);
    expect(await stage.residue()).toEqual(NOTHING);
    await stage.locker.close();
  });

  test('R15: leases held, when all ask at once', async () => {
    const stage = new Stage({ quota: { held: 3 } });
    const all = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => stage.locker.acquire(String(i))));
    expect(all.filter((one) => one.status === 'fulfilled')).toHaveLength(3);
    expect(stage.locker.counts()).toEqual({ held: 3, waiting: 0 });
  });

  test('R15: a caller that can only follow another on the same key is no further lease', async () => {
    const stage = new Stage({ quota: { held: 1 } });
    const first = await stage.locker.acquire('k');
    const second = stage.locker.acquire('k');
    await first.release();
    expect((await second).state).toBe('held');
  });

  test('R15: callers waiting, per key and over all; refused ones leave nothing', async () => {
    const stage = new Stage({ quota: { waiting: 3, waitingPerKey: 2 } });
    await stage.other().acquire('a');
    await stage.other().acquire('b');
    const controller = new AbortController();
    const wait = (key: string): Promise<unknown> => failure(stage.locker.acquire(key, { signal: controller.signal }));
    const first = [wait('a'), wait('a')];
    expect(await wait('a')).toMatchObject({ code: 'LOCK_QUOTA', status: 429 });
    first.push(wait('b'));
    expect(await wait('b')).toBeInstanceOf(LockQuotaError);
    expect(await wait('c')).toBeInstanceOf(LockQuotaError);
    expect(stage.locker.counts()).toEqual({ held: 0, waiting: 3 });
    controller.abort();
    for (const error of await Promise.all(first)) expect(error).toMatchObject({ code: 'LOCK_ABORTED' });
    await stage.locker.close();
  });

  test('a limit left undefined is the default, not no limit', async () => {
    const stage = new Stage({ quota: { waitingPerKey: undefined } as never });
    await stage.other().acquire('k');
    const all = Array.from({ length: 1_001 }, () => failure(stage.locker.acquire('k', { wait: 10 })));
    await stage.clock.advance(100);
    const codes = (await Promise.all(all)).map((error) => (error as LockQuotaError).code);
    expect(codes.filter((code) => code === 'LOCK_QUOTA')).toHaveLength(1);
  });
});
