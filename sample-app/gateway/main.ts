import 'reflect-metadata';
import { ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { runAsChild } from '../shop/child-process.js';
import type { Environment } from '../shop/environment.js';
import { GatewayModule } from './gateway.module.js';

await runAsChild(async () => {
  // A worker that dies is no error here: its requests go to the next one. So the client's log of it is left out.
  const app = await NestFactory.create(GatewayModule, { logger: ['fatal'], forceCloseConnections: true });
  const config = app.get<ConfigService<Environment, true>>(ConfigService);
  await app.listen(config.get<number>('PORT'), '127.0.0.1');
  return app;
});
