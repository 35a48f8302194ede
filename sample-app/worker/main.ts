import 'reflect-metadata';
import { ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { type AsyncMicroserviceOptions, type MicroserviceOptions, Transport } from '@nestjs/microservices';
import type { Environment } from '../shop/environment.js';
import { endWithParent, tellParent } from '../shop/parent.js';
import { WorkerModule } from './worker.module.js';

endWithParent();
const app = await NestFactory.createMicroservice<AsyncMicroserviceOptions>(WorkerModule, {
  logger: ['error', 'fatal'],
  inject: [ConfigService],
  useFactory: (config: ConfigService<Environment, true>): MicroserviceOptions => ({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port: config.get<number>('PORT') },
  }),
});
app.enableShutdownHooks();
await app.listen();
await tellParent('ready');
