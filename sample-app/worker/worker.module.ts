import { Module } from '@nestjs/common';
import { OrdersModule } from '../orders/orders.module.js';
import { PauseSubscriber } from '../shop/pause.subscriber.js';
import { ShopModule } from '../shop/shop.module.js';

@Module({ imports: [ShopModule, OrdersModule], providers: [PauseSubscriber] })
export class WorkerModule {}
