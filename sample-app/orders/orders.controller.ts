import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { currentLease, Locked } from 'nestjs-locked';
import { OrdersService } from './orders.service.js';
import { type Outcome, PLACE_ORDER, type PlaceOrder } from './place-order.message.js';

@Controller()
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @MessagePattern(PLACE_ORDER.locked)
  @Locked('sku:<order.sku>')
  place(@Payload() order: PlaceOrder): Promise<Outcome> {
    return this.orders.place(order, currentLease());
  }

  /** The same without the guard: what a process that was stopped for too long does to the stock. */
  @MessagePattern(PLACE_ORDER.unguarded)
  @Locked('sku:<order.sku>')
  placeUnguarded(@Payload() order: PlaceOrder): Promise<Outcome> {
    return this.orders.place(order);
  }

  /** The same without the lock: what the first half of the show runs. */
  @MessagePattern(PLACE_ORDER.unlocked)
  placeUnlocked(@Payload() order: PlaceOrder): Promise<Outcome> {
    return this.orders.place(order);
  }
}
