import { LockBackendError, LockLostError, LockUsageError, StaleTokenError } from '../../lib/core/index.js';
import { fencedTransaction, type Isolation } from '../../lib/backends/typeorm/index.js';
import type { DataSource } from 'typeorm';
import { FencedStage, fences, newLocker, rivals, sell, sold, someStock, STAGE_ENGINES } from './fenced.stage.js';

const LEVELS: readonly (Isolation | undefined)[] = [undefined, 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'];

describe.each(STAGE_ENGINES)('fencedTransaction on %s', (engine) => {
  let stage: FencedStage;
  let dataSource: DataSource;

  beforeAll(async () => {
    stage = await FencedStage.start(engine);
    dataSource = await stage.open();
  }, 120_000);

  afterAll(() => stage.stop());

  describe.each(LEVELS)('at %s', (isolation) => {
    const options = { isolation };

    it('commits what the holder does, time and again', async () => {
      const { id, key } = await someStock(dataSource);
      const lease = await newLocker().acquire(key);
      for (let i = 0; i < 3; i++) {
        expect(
          await fencedTransaction(dataSource, lease, options, async (manager) => {
            await sell(id)(manager);
            return i;
          }),
        ).toBe(i);
      }
      expect(await sold(dataSource, id)).toBe(3);
    });

    it('refuses a stale holder before it has done anything', async () => {
      const { id, key } = await someStock(dataSource);
      const { older, newer } = await rivals(key);
      await fencedTransaction(dataSource, newer, options, sell(id));
      let worked = false;
      const work = fencedTransaction(dataSource, older, options, async () => void (worked = true));
      await expect(work).rejects.toThrow(StaleTokenError);
      expect(worked).toBe(false);
      expect(await sold(dataSource, id)).toBe(1);
    });

    it('guards all keys of a set, each with its own token', async () => {
      const { id, key } = await someStock(dataSource);
      const keys = ['z', 'ä', 'a'].map((end) => `${key}:${end}`);
      const set = await newLocker().acquire(keys);
      await fencedTransaction(dataSource, set, options, sell(id));
      expect(await fences(dataSource, key)).toEqual(
        [...set.leases].map(({ storeKey, token }) => ({ storeKey, token })),
      );
    });
  });

  it('is rolled back as a whole when one key of a set is stale', async () => {
    const { id, key } = await someStock(dataSource);
    const early = newLocker();
    const set = await early.acquire([`${key}:1`, `${key}:2`]);
    const { newer } = await rivals(`${key}:2`);
    await fencedTransaction(dataSource, newer, sell(id));
    await expect(fencedTransaction(dataSource, set, sell(id))).rejects.toThrow(StaleTokenError);
    // Made outside, as a row that lets everybody in; what the transaction raised was rolled back.
    expect((await fences(dataSource, `${key}:1`)).filter(({ token }) => token !== 0n)).toEqual([]);
    expect(await sold(dataSource, id)).toBe(1);
  });

  it('passes the error of the work on as it is, and rolls back', async () => {
    const { id, key } = await someStock(dataSource);
    const lease = await newLocker().acquire(key);
    const error = new Error('out of stock');
    const work = fencedTransaction(dataSource, lease, async (manager) => {
      await sell(id)(manager);
      throw error;
    });
    await expect(work).rejects.toBe(error);
    expect(await sold(dataSource, id)).toBe(0);
  });

  it('passes the error of the work on when the roll-back fails as well', async () => {
    const { id, key } = await someStock(dataSource);
    const failing = await stage.open();
    failing.subscribers.push({
      beforeTransactionRollback: () => {
        throw new Error('no roll-back');
      },
    });
    const lease = await newLocker().acquire(key);
    const error = new Error('out of stock');
    for (let i = 0; i < 3; i++) {
      const work = fencedTransaction(failing, lease, async (manager) => {
        await sell(id)(manager);
        throw error;
      });
      await expect(work).rejects.toBe(error);
    }
    expect(await sold(dataSource, id)).toBe(0);
    await fencedTransaction(failing, lease, sell(id));
    expect(await sold(dataSource, id)).toBe(1);
  });

  it('passes errors of the work’s own statements on as they are', async () => {
    const { id, key } = await someStock(dataSource);
    const lease = await newLocker().acquire(key);
    const work = fencedTransaction(dataSource, lease, (manager) => manager.query('SELECT * FROM nowhere'));
    await expect(work).rejects.toMatchObject({ name: 'QueryFailedError' });
    await fencedTransaction(dataSource, lease, sell(id));
  });

  it('does not commit when the lease has ended meanwhile', async () => {
    const { id, key } = await someStock(dataSource);
    const lease = await newLocker().acquire(key, { maxHold: 150 });
    const lost = new Promise((resolve) => lease.signal.addEventListener('abort', resolve));
    const work = fencedTransaction(dataSource, lease, async (manager) => {
      await sell(id)(manager);
      await lost;
    });
    await expect(work).rejects.toThrow(LockLostError);
    expect(await sold(dataSource, id)).toBe(0);
  });

  it('does not begin with a lease that has ended', async () => {
    const { id, key } = await someStock(dataSource);
    const lease = await newLocker().acquire(key);
    await lease.release();
    await expect(fencedTransaction(dataSource, lease, sell(id))).rejects.toThrow(LockUsageError);
  });

  it('says how to make the table when it is missing', async () => {
    const { id, key } = await someStock(dataSource);
    const lease = await newLocker().acquire(key);
    const work = fencedTransaction(dataSource, lease, { table: 'none' }, sell(id));
    await expect(work).rejects.toThrow(LockBackendError);
    await expect(work).rejects.toThrow(/fence table.*CreateFences1767225600001/);
    await expect(fencedTransaction(dataSource, lease, { table: 'a;b' }, sell(id))).rejects.toMatchObject({
      option: 'table',
    });
    expect(await sold(dataSource, id)).toBe(0);
  });

  it('gives every connection back', async () => {
    const small = await stage.open(engine === 'sqlite' ? {} : { poolSize: 1 });
    const { id, key } = await someStock(dataSource);
    const { older, newer } = await rivals(key);
    for (let i = 0; i < 5; i++) {
      await fencedTransaction(small, newer, sell(id));
      await expect(fencedTransaction(small, older, sell(id))).rejects.toThrow(StaleTokenError);
      await expect(fencedTransaction(small, newer, { table: 'none' }, sell(id))).rejects.toThrow(LockBackendError);
      await expect(fencedTransaction(small, newer, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    }
    expect(await sold(small, id)).toBe(5);
  });
});
