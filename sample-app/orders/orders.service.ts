import { Injectable } from '@nestjs/common';
import { findCurrentLease, type Lease } from 'nestjs-locked';
import { fencedTransaction, plainTransaction } from 'nestjs-locked/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Order } from './order.entity.js';
import { PaymentsService } from './payments.service.js';
import type { Outcome, PlaceOrder } from './place-order.message.js';
import { Stock } from './stock.entity.js';

@Injectable()
export class OrdersService {
  constructor(
    private readonly payments: PaymentsService,
    private readonly dataSource: DataSource,
  ) {}

  /**
   * Read, decide, pay, write. Between the read and the write other processes run, so this is right only under a lock
   * that is taken before the read and kept until after the commit: lock outside, transaction inside.
   *
   * @param guardedBy the lease whose token both transactions check first: should this process be stopped for so long that
   *   another has begun to sell, nothing is written. The read raises the fence, so that it cannot be overtaken from behind
   */
  async place(order: PlaceOrder, guardedBy?: Lease): Promise<Outcome> {
    const { earlier, remaining } = guardedBy
      ? await fencedTransaction(this.dataSource, guardedBy, (manager) => this.read(manager, order))
      : await this.read(this.dataSource.manager, order);
    // The gateway repeats a request whose answer was lost: what was sold then stays sold.
    if (earlier) return earlier.requestId === order.requestId ? 'sold' : 'one per buyer';
    if (remaining < 1) return 'sold out';

    await this.payments.charge(order.requestId);

    // Paying took its time: is the lock still ours? Throws before anything is written if it is not.
    findCurrentLease()?.assertHeld();
    const write = (manager: EntityManager): Promise<void> => this.write(manager, order, remaining - 1);
    await (guardedBy ? fencedTransaction(this.dataSource, guardedBy, write) : plainTransaction(this.dataSource, write));
    return 'sold';
  }

  private async read(manager: EntityManager, { requestId, buyer, sku }: PlaceOrder) {
    const earlier = await manager.findOneBy(Order, [{ requestId }, { sku, buyer }]);
    const { remaining } = await manager.findOneByOrFail(Stock, { sku });
    return { earlier, remaining };
  }

  private async write(manager: EntityManager, order: PlaceOrder, remaining: number): Promise<void> {
    await manager.insert(Order, { ...order });
    await manager.update(Stock, { sku: order.sku }, { remaining });
  }
}
