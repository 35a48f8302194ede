import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Locked } from 'nestjs-locked';
import { currentTransaction } from 'nestjs-locked/typeorm';
import { Repository } from 'typeorm';
import { Order } from './order.entity.js';
import { Stock } from './stock.entity.js';

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
  ) {}

  /** The key under which orders are placed, so nobody sells this item meanwhile; and a transaction with its guard. */
  @Locked('sku:<sku>', { wait: '5s', transaction: true })
  async restock(sku: string, items: number): Promise<void> {
    const manager = currentTransaction();
    const remaining = (await manager.findOneBy(Stock, { sku }))?.remaining ?? 0;
    await manager.upsert(Stock, { sku, remaining: remaining + items }, ['sku']);
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
