import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Order } from './order.entity.js';
import { OrdersController } from './orders.controller.js';
import { OrdersService } from './orders.service.js';
import { PaymentsService } from './payments.service.js';
import { Stock } from './stock.entity.js';
import { StockService } from './stock.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Order, Stock])],
  controllers: [OrdersController],
  providers: [OrdersService, PaymentsService, StockService],
  exports: [StockService],
})
export class OrdersModule {}
