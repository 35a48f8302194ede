import type { Server } from 'node:http';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  type ArgumentsHost,
  Catch,
  Controller,
  Get,
  type INestApplication,
  Injectable,
  UseFilters,
} from '@nestjs/common';
import { APP_FILTER, BaseExceptionFilter } from '@nestjs/core';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { type ClientProxy, ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import request from 'supertest';
import { lastValueFrom } from 'rxjs';
import { type LockBusyError, LockError, Locked, LockService } from 'nestjs-locked';
import { serve } from './support.js';

@Injectable()
class Orders {
  constructor(private readonly locks: LockService) {}

  @Locked('order:7', { wait: 0 })
  pay(): Promise<string> {
    return Promise.resolve('paid');
  }

  payByHand(): Promise<string> {
    return this.locks.using('order:7', { wait: 0 }, () => 'paid');
  }
}

@Catch(LockError)
class OwnFilter {
  catch(error: LockBusyError, host: ArgumentsHost): void {
    host.switchToHttp().getResponse<{ send(text: string): void }>().send(`own ${error.code}`);
  }
}

@Catch()
class CatchAll extends BaseExceptionFilter {}

/** Nothing here is locked: the services are. */
@Controller()
class Handlers {
  constructor(private readonly orders: Orders) {}

  @Get('service')
  @MessagePattern('service')
  ofService(): Promise<string> {
    return this.orders.pay();
  }

  @Get('by-hand')
  @MessagePattern('by-hand')
  byHand(): Promise<string> {
    return this.orders.payByHand();
  }

  @Get('own-filter')
  @UseFilters(OwnFilter)
  ownFilter(): Promise<string> {
    return this.orders.pay();
  }

  @Get('own-filter-above')
  @UseFilters(OwnFilter)
  @Locked('order:7', { wait: 0 })
  ownFilterAbove(): Promise<string> {
    return Promise.resolve('paid');
  }
}

@Resolver()
class Queries {
  constructor(private readonly orders: Orders) {}

  @Query(() => String)
  service(): Promise<string> {
    return this.orders.pay();
  }
}

describe('errors of locks that services take', () => {
  let app: INestApplication<Server>;
  let client: ClientProxy;
  const held = <T>(call: () => Promise<T>): Promise<T> => app.get(LockService).using('order:7', call);
  const get = (path: string) => held(async () => await request(app.getHttpServer()).get(path));

  beforeAll(async () => {
    const graphql = GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true });
    const providers = [Orders, Queries, { provide: APP_FILTER, useClass: CatchAll }];
    app = await serve({ imports: [graphql], controllers: [Handlers], providers }, async (hybrid) => {
      const options = { host: '127.0.0.1', port: 0 };
      const service = hybrid.connectMicroservice({ transport: Transport.TCP, options }, { inheritAppConfig: true });
      await hybrid.startAllMicroservices();
      const { port } = service.unwrap<{ address(): { port: number } }>().address();
      client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
    });
  });
  afterAll(async () => {
    client.close();
    await app.close();
  });

  it.each(['service', 'by-hand'])('reach callers in the form of their transport: %s', async (name) => {
    const busy = await get(`/${name}`);
    expect([busy.status, busy.body]).toEqual([409, expect.objectContaining({ code: 'LOCK_BUSY' })]);
    expect(busy.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    const reply = held(() => lastValueFrom(client.send<unknown>(name, {})));
    await expect(reply).rejects.toMatchObject({ status: 'error', code: 'LOCK_BUSY' });
  });

  it('reach callers over GraphQL', async () => {
    const { body } = await held(async () => {
      return await request(app.getHttpServer()).post('/graphql').send({ query: '{ service }' });
    });
    expect(body).toMatchObject({ errors: [{ extensions: { code: 'LOCK_BUSY', status: 409 } }] });
  });

  it('are left to the filter of the handler, where it has one', async () => {
    expect((await get('/own-filter')).text).toBe('own LOCK_BUSY');
    expect((await get('/own-filter-above')).text).toBe('own LOCK_BUSY');
  });
});
