import { Module } from '@nestjs/common';
import { OrdersModule } from '../orders/orders.module.js';
import { ShopModule } from '../shop/shop.module.js';

@Module({ imports: [ShopModule, OrdersModule] })
export class WorkerModule {}
