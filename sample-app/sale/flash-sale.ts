import { randomUUID } from 'node:crypto';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { isLockError } from 'nestjs-locked';
import { DataSource } from 'typeorm';
import { OrdersModule } from '../orders/orders.module.js';
import { StockService } from '../orders/stock.service.js';
import { ShopModule } from '../shop/shop.module.js';
import { type BuyersReport, ORDERS_PER_BUYER, sendBuyers } from './buyers.js';
import type { SaleOptions } from './options.js';
import { showProgress } from './progress.js';
import { Shop } from './shop.js';

/** One run of the sale: what the buyers saw, and what the database says afterwards. */
export interface Run extends BuyersReport {
  readonly locked: boolean;
  readonly sold: number;
  readonly oversold: number;
  readonly duplicates: number;
  readonly left: number;
}

/** The shop's back office: restocks before a run and counts after it. Not part of what is measured. */
@Module({ imports: [ShopModule, OrdersModule] })
class BackOfficeModule {}

export async function flashSale(options: SaleOptions): Promise<Run[]> {
  const office = await openOffice();
  try {
    const runs: Run[] = [];
    for (const how of options.once ? [options.once] : ['unlocked', 'locked']) {
      runs.push(await sell(office.get(StockService), options, how === 'locked'));
    }
    return runs;
  } finally {
    await office.close();
  }
}

/** The first to touch both stores: what is wrong with them shows here, before any other process is started. */
async function openOffice(): Promise<INestApplicationContext> {
  try {
    const office = await NestFactory.createApplicationContext(BackOfficeModule, { logger: false, abortOnError: false });
    await office.get(DataSource).synchronize();
    return office;
  } catch (error) {
    if (isLockError(error) || !(error instanceof Error)) throw error;
    throw new Error(`The database (--database) cannot be opened: ${error.message}`, { cause: error });
  }
}

async function sell(stock: StockService, options: SaleOptions, locked: boolean): Promise<Run> {
  // An item of its own for each run: nothing in the database has to be cleared away.
  const sku = `sneaker-${randomUUID().slice(0, 8)}`;
  await stock.restock(sku, options.stock);
  const shop = await Shop.open({ workers: options.workers, locked });
  const total = options.buyers * ORDERS_PER_BUYER;
  const progress = showProgress(locked, total, () => stock.books(sku));
  let report: BuyersReport;
  try {
    let sold = 0;
    let answered = 0;
    let killed: Promise<void> | undefined;
    report = await sendBuyers(shop.url, sku, options.buyers, (status) => {
      progress.answered(++answered);
      if (status === 201) sold++;
      const midSale = sold * 2 >= options.stock || answered * 2 >= total;
      if (options.kill && midSale && !killed) {
        killed = shop.killWorker();
        // Told below, when the buyers are through.
        killed.catch(() => undefined);
      }
    });
    await killed;
  } finally {
    await progress.stop();
    await shop.close();
  }
  const books = await stock.books(sku);
  return { locked, ...books, oversold: Math.max(0, books.sold - options.stock), ...report };
}
