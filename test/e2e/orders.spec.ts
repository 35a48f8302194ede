import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import Database from 'better-sqlite3';
import { plainTransaction } from 'nestjs-locked/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Order } from '../../sample-app/orders/order.entity.js';
import { OrdersService } from '../../sample-app/orders/orders.service.js';
import { StockService } from '../../sample-app/orders/stock.service.js';

/** The order worker of the sample, without its transport. */
describe('orders of the sample', () => {
  let folder: string;
  let app: INestApplicationContext;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'orders-spec-'));
    process.env['DATABASE_URL'] = `sqlite:${join(folder, 'shop.db')}`;
    process.env['LOCK_URL'] = 'memory:';
    // ConfigModule reads the environment while the module is being loaded.
    const { WorkerModule } = await import('../../sample-app/worker/worker.module.js');
    app = await Test.createTestingModule({ imports: [WorkerModule] }).compile();
    await app.get(DataSource).synchronize();
    await app.get(DataSource).runMigrations();
  });

  afterAll(async () => {
    await app.close();
    await rm(folder, { recursive: true, force: true });
  });

  const transact = <T>(work: (manager: EntityManager) => Promise<T>) => plainTransaction(app.get(DataSource), work);
  const insert = (requestId: string) =>
    transact((manager) => manager.insert(Order, { requestId, sku: 'gate', buyer: requestId }));

  it('sells once to a request that comes twice, and once to a buyer', async () => {
    await app.get(StockService).restock('hat', 2);
    const order = { requestId: 'r1', buyer: 'ada', sku: 'hat' };

    const outcomes = [
      await app.get(OrdersService).place(order),
      await app.get(OrdersService).place(order),
      await app.get(OrdersService).place({ ...order, requestId: 'r2' }),
    ];

    expect(outcomes).toEqual(['sold', 'sold', 'one per buyer']);
    expect(await app.get(StockService).books('hat')).toEqual({ sold: 1, duplicates: 0, left: 1 });
  });

  it('answers a request that bought the last item as before when it comes again', async () => {
    await app.get(StockService).restock('coat', 1);
    const order = { requestId: 'r3', buyer: 'ada', sku: 'coat' };
    await app.get(OrdersService).place(order);

    expect(await app.get(OrdersService).place({ ...order, requestId: 'r4', buyer: 'bob' })).toBe('sold out');
    expect(await app.get(OrdersService).place(order)).toBe('sold');
  });

  it('rolls a transaction back without those that were asked for at the same time', async () => {
    const failing = transact(async (manager) => {
      await manager.insert(Order, { requestId: 'b', sku: 'gate', buyer: 'b' });
      await setImmediate();
      throw new Error('changed my mind');
    });
    const results = await Promise.allSettled([insert('a'), failing, insert('c')]);

    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const written = await app.get(DataSource).getRepository(Order).findBy({ sku: 'gate' });
    expect(written.map(({ requestId }) => requestId).sort()).toEqual(['a', 'c']);
  });

  it('waits for the transaction of another process', async () => {
    const other = new Database(join(folder, 'shop.db'));
    other.exec('BEGIN IMMEDIATE');
    let written = false;
    const writing = insert('d').then(() => (written = true));
    // Long enough for a first attempt, which finds the database busy.
    for (let turns = 0; turns < 50; turns++) await setImmediate();
    expect(written).toBe(false);

    other.exec('COMMIT');
    other.close();
    expect(await writing).toBe(true);
  });
});
