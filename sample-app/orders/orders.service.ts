import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { findCurrentLease } from 'nestjs-locked';
import { Repository } from 'typeorm';
import { Order } from './order.entity.js';
import { PaymentsService } from './payments.service.js';
import type { Outcome, PlaceOrder } from './place-order.message.js';
import { Stock } from './stock.entity.js';
import { TransactionsService } from './transactions.service.js';

@Injectable()
export class OrdersService {
  constructor(
    @InjectRepository(Order) private readonly orders: Repository<Order>,
    @InjectRepository(Stock) private readonly stock: Repository<Stock>,
    private readonly payments: PaymentsService,
    private readonly transactions: TransactionsService,
  ) {}

  /**
   * Read, decide, pay, write. Between the read and the write other processes run, so this is right only under a lock
   * that is taken before the read and kept until after the commit: lock outside, transaction inside.
   */
  async place({ requestId, buyer, sku }: PlaceOrder): Promise<Outcome> {
    const earlier = await this.orders.findOneBy([{ requestId }, { sku, buyer }]);
    // The gateway repeats a request whose answer was lost: what was sold then stays sold.
    if (earlier) return earlier.requestId === requestId ? 'sold' : 'one per buyer';

    const { remaining } = await this.stock.findOneByOrFail({ sku });
    if (remaining < 1) return 'sold out';

    await this.payments.charge(requestId);

    // Paying took its time: is the lock still ours? Throws before anything is written if it is not.
    findCurrentLease()?.assertHeld();
    await this.transactions.run(async (manager) => {
      await manager.insert(Order, { requestId, buyer, sku });
      await manager.update(Stock, { sku }, { remaining: remaining - 1 });
    });
    return 'sold';
  }
}
