import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import { LockUsageError, StaleTokenError, type Lease } from '../../lib/core/index.js';
import { fencedTransaction, plainTransaction } from '../../lib/backends/typeorm/index.js';
import { fenceTableDdl } from '../../lib/fencing/index.js';
import { FencedStage, newLocker, rivals, sell, sold, someStock, Stock } from './fenced.stage.js';

const RUNS = 1_000;
const AT_ONCE = 20;

/** Rolls back what it did, after a while in which a neighbour may have done something. */
function changeMind(id: number): (manager: EntityManager) => Promise<void> {
  return async (manager) => {
    await sell(id)(manager);
    await sleep(5);
    throw new Error('changed my mind');
  };
}

describe('transactions of one process on SQLite', () => {
  let stage: FencedStage;
  let dataSource: DataSource;

  beforeAll(async () => {
    stage = await FencedStage.start('sqlite');
    dataSource = await stage.open();
  });

  afterAll(() => stage.stop());

  it(`take nothing of their neighbours with them when they roll back, in ${RUNS} runs`, async () => {
    const { id, key } = await someStock(dataSource);
    const { older, newer } = await rivals(key);
    let committed = 0;
    const kinds = [
      async () => {
        await fencedTransaction(dataSource, newer, sell(id));
        committed++;
      },
      async () => {
        await plainTransaction(dataSource, sell(id));
        committed++;
      },
      () => expect(fencedTransaction(dataSource, older, sell(id))).rejects.toThrow(StaleTokenError),
      () => expect(plainTransaction(dataSource, changeMind(id))).rejects.toThrow('changed my mind'),
    ];
    await fencedTransaction(dataSource, newer, () => Promise.resolve());
    for (let i = 0; i < RUNS; i += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, j) => kinds[(i + j) % kinds.length]!()));
    }
    expect(committed).toBe(RUNS / 2);
    expect(await sold(dataSource, id)).toBe(committed);
  });

  it('end for whoever still works with their manager: refused when they are over, and in the midst of the next one', async () => {
    const { id, key } = await someStock(dataSource);
    const { newer } = await rivals(key);
    let late: EntityManager | undefined;
    const straggler = fencedTransaction(dataSource, newer, async (manager) => {
      late = manager;
      await sell(id)(manager);
      await Promise.all([
        sleep(5).then(() => Promise.reject(new Error('changed my mind'))),
        sleep(20).then(() => expect(sell(id)(manager)).rejects.toThrow('released')),
      ]);
    });
    await expect(straggler).rejects.toThrow('changed my mind');
    await sleep(30);
    await plainTransaction(dataSource, async (manager) => {
      await sell(id)(manager);
      await expect(sell(id)(late!)).rejects.toThrow('released');
    });
    expect(await sold(dataSource, id)).toBe(1);
  });

  it('lose what they committed with TypeORM’s own transactions', async () => {
    const { id } = await someStock(dataSource);
    const neighbour = dataSource.transaction(changeMind(id));
    await sleep(0);
    await dataSource.transaction(sell(id));
    await expect(neighbour).rejects.toThrow('changed my mind');
    expect(await sold(dataSource, id)).toBe(0);
  });

  it('wait for another process without stopping the event loop', async () => {
    const { id, key } = await someStock(dataSource);
    const lease = await newLocker().acquire(key);
    const other = await stage.open();
    await other.query('BEGIN IMMEDIATE');
    let turns = 0;
    const ticks = setInterval(() => turns++, 5);
    const works = [fencedTransaction(dataSource, lease, sell(id)), plainTransaction(dataSource, sell(id))];
    await sleep(200);
    clearInterval(ticks);
    expect(turns).toBeGreaterThan(10);
    await other.query('COMMIT');
    await Promise.all(works);
    expect(await sold(dataSource, id)).toBe(2);
  });

  it('wait no longer than the lease is held', async () => {
    const { id, key } = await someStock(dataSource);
    const lease = await newLocker().acquire(key, { maxHold: 150 });
    const other = await stage.open();
    await other.query('BEGIN IMMEDIATE');
    await expect(fencedTransaction(dataSource, lease, sell(id))).rejects.toThrow(/lock was lost/);
    await other.query('ROLLBACK');
    await plainTransaction(dataSource, sell(id));
    expect(await sold(dataSource, id)).toBe(1);
  });

  it('commit beside readers also where the file has no write-ahead log, and tell subscribers of it once', async () => {
    const old = await FencedStage.start('sqlite', { tables: false });
    const writer = await old.open({ enableWAL: false });
    await writer.synchronize();
    await writer.query(fenceTableDdl('sqlite'));
    const { id, key } = await someStock(writer);
    const reader = await old.open({ enableWAL: false });
    await reader.query('BEGIN');
    await reader.query('SELECT * FROM stock');
    const told: string[] = [];
    writer.subscribers.push({
      beforeTransactionCommit: () => void told.push('before'),
      afterTransactionCommit: () => void told.push('after'),
    });
    const lease = await newLocker().acquire(key);
    let done = false;
    const work = fencedTransaction(writer, lease, sell(id)).then(() => (done = true));
    await sleep(100);
    expect([done, told]).toEqual([false, ['before']]);
    await reader.query('COMMIT');
    await work;
    expect(told).toEqual(['before', 'after']);
    expect(await sold(writer, id)).toBe(1);
    await old.stop();
  });

  it('tell the application’s subscribers, those of later included, and use its entities', async () => {
    const told: string[] = [];
    const own = await stage.open();
    own.subscribers.push({
      afterTransactionCommit: () => void told.push('commit'),
      afterUpdate: () => void told.push('update'),
    });
    const { id } = await someStock(own);
    told.length = 0;
    await plainTransaction(own, async (manager) => {
      await manager.getRepository(Stock).save({ id, sold: 7, fence: null });
    });
    expect(told).toEqual(['update', 'commit']);
    expect(await sold(own, id)).toBe(7);
  });

  it('leave no way to write past the gate', async () => {
    let leaked: EntityManager | undefined;
    await plainTransaction(dataSource, async (manager) => void (leaked = manager));
    await expect(leaked!.transaction(() => Promise.resolve())).rejects.toThrow(/already released/);
  });

  it('close their connection when nobody uses it any more', async () => {
    const own = await stage.open();
    let manager: EntityManager | undefined;
    await plainTransaction(own, async (inside) => void (manager = inside));
    expect(manager!.dataSource).not.toBe(own);
    expect(manager!.dataSource.isInitialized).toBe(true);
    await sleep(1_300);
    expect(manager!.dataSource.isInitialized).toBe(false);
    await plainTransaction(own, () => Promise.resolve());
  });

  it('are refused in memory', async () => {
    const inMemory = await stage.open({ database: ':memory:', enableWAL: false });
    const lease: Lease = await newLocker().acquire('any');
    for (const refused of [
      fencedTransaction(inMemory, lease, () => Promise.resolve()),
      plainTransaction(inMemory, () => Promise.resolve()),
    ]) {
      await expect(refused).rejects.toThrow(LockUsageError);
      await expect(refused).rejects.toThrow(/in memory/);
    }
  });
});
