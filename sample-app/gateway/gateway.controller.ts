import { Body, ConflictException, Controller, Post } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { type Mode, type Outcome, PLACE_ORDER, type PlaceOrder } from '../orders/place-order.message.js';
import type { Environment } from '../shop/environment.js';
import { PlaceOrderPipe } from './place-order.pipe.js';
import { WorkerPool } from './worker-pool.service.js';

@Controller('orders')
export class GatewayController {
  private readonly pattern: string;

  constructor(
    private readonly workers: WorkerPool,
    config: ConfigService<Environment, true>,
  ) {
    this.pattern = PLACE_ORDER[config.get<Mode>('MODE')];
  }

  @Post()
  async place(@Body(PlaceOrderPipe) order: PlaceOrder): Promise<{ outcome: Outcome }> {
    const outcome = await this.workers.send<Outcome>(this.pattern, order);
    if (outcome !== 'sold') throw new ConflictException(outcome);
    return { outcome };
  }
}
