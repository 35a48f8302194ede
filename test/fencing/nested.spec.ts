import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import {
  currentTransaction,
  fencedTransaction,
  findCurrentTransaction,
  plainTransaction,
} from '../../lib/backends/typeorm/index.js';
import { type Lease, LockUsageError } from '../../lib/core/index.js';
import { FencedStage, newLocker, sell, sold, someStock, STAGE_ENGINES } from './fenced.stage.js';

describe.each(STAGE_ENGINES)('a transaction in another on %s', (engine) => {
  let stage: FencedStage;
  let dataSource: DataSource;
  let lease: Lease;

  beforeAll(async () => {
    stage = await FencedStage.start(engine);
    dataSource = await stage.open();
    lease = await newLocker().acquire('nested');
  }, 120_000);

  afterAll(() => stage.stop());

  const outer = {
    fencedTransaction: (work: () => Promise<void>) => fencedTransaction(dataSource, lease, work),
    plainTransaction: (work: () => Promise<void>) => plainTransaction(dataSource, work),
  };

  it.each(['fencedTransaction', 'plainTransaction'] as const)('is refused inside %s', async (name) => {
    await outer[name](async () => {
      for (const inner of Object.values(outer)) {
        const refused = inner(() => Promise.resolve());
        await expect(refused).rejects.toThrow(LockUsageError);
        await expect(refused).rejects.toThrow(/lock would go back before that one commits.*currentTransaction/);
      }
    });
  });

  it('is refused where the DataSource’s own manager is in one, as with typeorm-transactional', async () => {
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    const disguised = Object.create(dataSource, { manager: { value: runner.manager } }) as DataSource;
    await expect(fencedTransaction(disguised, lease, () => Promise.resolve())).rejects.toThrow(LockUsageError);
    await runner.rollbackTransaction();
    await runner.release();
  });

  it('is allowed on another DataSource', async () => {
    const other = await FencedStage.start('sqlite');
    const elsewhere = await other.open();
    await fencedTransaction(dataSource, lease, async (manager) => {
      await fencedTransaction(elsewhere, lease, async (inner) => {
        expect(currentTransaction()).toBe(inner);
      });
      expect(currentTransaction()).toBe(manager);
    });
    await other.stop();
  });

  it('is joined by currentTransaction', async () => {
    const { id, key } = await someStock(dataSource);
    const held = await newLocker().acquire(key);
    const inner = async (): Promise<void> => sell(id)(currentTransaction());
    await fencedTransaction(dataSource, held, async (manager) => {
      expect(currentTransaction()).toBe(manager);
      await inner();
      await sleep(1);
      await inner();
    });
    expect(await sold(dataSource, id)).toBe(2);
    const failed = fencedTransaction(dataSource, held, async () => {
      await inner();
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(await sold(dataSource, id)).toBe(2);
  });

  it('is not found outside, nor by those who were not waited for', async () => {
    expect(findCurrentTransaction()).toBeUndefined();
    expect(() => currentTransaction()).toThrow(LockUsageError);
    let late: Promise<unknown> | undefined;
    await plainTransaction(dataSource, async () => {
      late = sleep(50).then(() => findCurrentTransaction());
    });
    expect(await late).toBeUndefined();
  });
});
