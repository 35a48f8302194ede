import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LockService } from 'nestjs-locked';
import { Repository } from 'typeorm';
import { Order } from './order.entity.js';
import { Stock } from './stock.entity.js';
import { TransactionsService } from './transactions.service.js';

/** What the database says about the sale of one SKU. */
export interface Books {
  /** Orders written. */
  readonly sold: number;
  /** Orders beyond the first of a buyer. */
  readonly duplicates: number;
  /** Items left. */
  readonly left: number;
}

@Injectable()
export class StockService {
  constructor(
    @InjectRepository(Order) private readonly orders: Repository<Order>,
    @InjectRepository(Stock) private readonly stock: Repository<Stock>,
    private readonly transactions: TransactionsService,
    private readonly locks: LockService,
  ) {}

  /** The lock by hand: the key of `@Locked('sku:<order.sku>')`, so nobody sells this item meanwhile. */
  async restock(sku: string, items: number): Promise<void> {
    await this.locks.using(`sku:${sku}`, { wait: '5s' }, async (lease) => {
      const remaining = (await this.stock.findOneBy({ sku }))?.remaining ?? 0;
      lease.assertHeld();
      await this.transactions.run((manager) => manager.upsert(Stock, { sku, remaining: remaining + items }, ['sku']));
    });
  }

  async books(sku: string): Promise<Books> {
    const { remaining } = await this.stock.findOneByOrFail({ sku });
    const counts = await this.orders
      .createQueryBuilder()
      .select('count(*)', 'sold')
      .addSelect('count(*) - count(DISTINCT buyer)', 'duplicates')
      .where({ sku })
      .getRawOne<{ sold: string; duplicates: string }>();
    return { sold: Number(counts?.sold), duplicates: Number(counts?.duplicates), left: remaining };
  }
}
