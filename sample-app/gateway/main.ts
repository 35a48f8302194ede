import 'reflect-metadata';
import { ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import type { Environment } from '../shop/environment.js';
import { endWithParent, tellParent } from '../shop/parent.js';
import { GatewayModule } from './gateway.module.js';

endWithParent();
// A worker that dies is no error here: its requests go to the next one. So the client's log of it is left out.
const app = await NestFactory.create(GatewayModule, { logger: ['fatal'], forceCloseConnections: true });
const config = app.get<ConfigService<Environment, true>>(ConfigService);
app.enableShutdownHooks();
await app.listen(config.get<number>('PORT'), '127.0.0.1');
await tellParent('ready');
