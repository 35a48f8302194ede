import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { readEnvironment } from '../shop/environment.js';
import { GatewayController } from './gateway.controller.js';
import { WorkerPool } from './worker-pool.service.js';

@Module({
  imports: [ConfigModule.forRoot({ validate: readEnvironment })],
  controllers: [GatewayController],
  providers: [WorkerPool],
})
export class GatewayModule {}
