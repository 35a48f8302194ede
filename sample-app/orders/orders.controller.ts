import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { Locked } from 'nestjs-locked';
import { OrdersService } from './orders.service.js';
import { type Outcome, PLACE_ORDER, PLACE_ORDER_UNLOCKED, type PlaceOrder } from './place-order.message.js';

@Controller()
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @MessagePattern(PLACE_ORDER)
  @Locked('sku:<order.sku>')
  place(@Payload() order: PlaceOrder): Promise<Outcome> {
    return this.orders.place(order);
  }

  /** The same without the lock, one line less: what the first half of the show runs. */
  @MessagePattern(PLACE_ORDER_UNLOCKED)
  placeUnlocked(@Payload() order: PlaceOrder): Promise<Outcome> {
    return this.orders.place(order);
  }
}
