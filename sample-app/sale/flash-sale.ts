import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { isLockError } from 'nestjs-locked';
import { DataSource } from 'typeorm';
import { OrdersModule } from '../orders/orders.module.js';
import type { Mode } from '../orders/place-order.message.js';
import { StockService } from '../orders/stock.service.js';
import { ShopModule } from '../shop/shop.module.js';
import { type BuyersReport, ORDERS_PER_BUYER, sendBuyers } from './buyers.js';
import { modesOf, type SaleOptions } from './options.js';
import { showProgress } from './progress.js';
import { titleOf } from './report.js';
import { Shop } from './shop.js';

/** One run of the sale: what the buyers saw, and what the database says afterwards. */
export interface Run extends BuyersReport {
  readonly mode: Mode;
  readonly sold: number;
  readonly oversold: number;
  readonly duplicates: number;
  readonly left: number;
  /** What came of the write of a worker that was stopped beyond its lease. */
  readonly staleWrite?: 'written' | 'refused';
}

/** What came of a stopped worker is told soon after its last buyer was answered; of one that never sold, nothing is. */
const LAST_WORD_MS = 5_000;

/** A worker that was stopped is woken when the others have sold all, or after so long. */
const LONGEST_PAUSE_MS = 15_000;

/** The shop's back office: restocks before a run and counts after it. Not part of what is measured. */
@Module({ imports: [ShopModule, OrdersModule] })
class BackOfficeModule {}

export async function flashSale(options: SaleOptions): Promise<Run[]> {
  const office = await openOffice();
  try {
    const runs: Run[] = [];
    for (const mode of modesOf(options)) runs.push(await sell(office.get(StockService), options, mode));
    return runs;
  } finally {
    await office.close();
  }
}

async function soldOut(stock: StockService, sku: string): Promise<void> {
  const end = performance.now() + LONGEST_PAUSE_MS;
  while ((await stock.books(sku)).left > 0 && performance.now() < end) await setTimeout(50);
}

/** The first to touch both stores: what is wrong with them shows here, before any other process is started. */
async function openOffice(): Promise<INestApplicationContext> {
  try {
    const office = await NestFactory.createApplicationContext(BackOfficeModule, { logger: false, abortOnError: false });
    await office.get(DataSource).synchronize();
    await office.get(DataSource).runMigrations();
    return office;
  } catch (error) {
    if (isLockError(error) || !(error instanceof Error)) throw error;
    throw new Error(`The database (--database) cannot be opened: ${error.message}`, { cause: error });
  }
}

async function sell(stock: StockService, options: SaleOptions, mode: Mode): Promise<Run> {
  // An item of its own for each run: nothing in the database has to be cleared away.
  const sku = `sneaker-${randomUUID().slice(0, 8)}`;
  await stock.restock(sku, options.stock);
  const shop = await Shop.open({ workers: options.workers, mode });
  const total = options.buyers * ORDERS_PER_BUYER;
  const progress = showProgress(titleOf(mode, options), total, () => stock.books(sku));
  let report: BuyersReport;
  let staleWrite: Run['staleWrite'] | 'never';
  try {
    let sold = 0;
    let answered = 0;
    const stopped = options.pause ? shop.pauseWorker(() => soldOut(stock, sku)) : Promise.resolve(undefined);
    let killed: Promise<void> | undefined;
    // Both are told below, when the buyers are through.
    stopped.catch(() => undefined);
    report = await sendBuyers(shop.url, sku, options.buyers, (status) => {
      progress.answered(++answered);
      if (status === 201) sold++;
      const midSale = sold * 2 >= options.stock || answered * 2 >= total;
      if (!options.kill || !midSale || killed) return;
      killed = shop.killWorker();
      killed.catch(() => undefined);
    });
    await killed;
    staleWrite = await Promise.race([stopped, setTimeout(LAST_WORD_MS, 'never' as const, { ref: false })]);
    if (staleWrite === 'never') throw new Error('The worker that was to be stopped never sold. Give more --stock.');
  } finally {
    await progress.stop();
    await shop.close();
  }
  const books = await stock.books(sku);
  const oversold = Math.max(0, books.sold - options.stock);
  return { mode, ...books, oversold, ...report, ...(staleWrite && { staleWrite }) };
}
