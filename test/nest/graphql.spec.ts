import type { Server } from 'node:http';
import { ConflictException, Injectable, type INestApplication, Scope } from '@nestjs/common';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  Args,
  Field,
  GqlExecutionContext,
  GraphQLModule,
  ID,
  Mutation,
  ObjectType,
  Parent,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import request from 'supertest';
import { currentLease, Locked, LockService, UseLock } from 'nestjs-locked';
import { boot, serve } from './support.js';

@ObjectType()
class Order {
  @Field(() => ID)
  id!: string;
}

@Resolver(() => Order)
class Orders {
  @Query(() => Order)
  @Locked('order:<id>', { wait: 0 })
  order(@Args('id', { type: () => ID }) id: string): Promise<Order> {
    currentLease(`order:${id}`);
    return Promise.resolve({ id });
  }

  @Locked('order:<id>', { wait: 1 })
  @Mutation(() => String)
  pay(@Args('id', { type: () => ID }) id: string): Promise<string> {
    if (id === '13') throw new ConflictException('sold out');
    return Promise.resolve(currentLease().key);
  }

  @Mutation(() => String)
  @UseLock((context) => `order:${GqlExecutionContext.create(context).getArgs<Order>().id}`, { wait: 0 })
  payWhole(@Args('id', { type: () => ID }) _id: string): string {
    return currentLease().key;
  }

  @ResolveField(() => String)
  @Locked('stock:<order.id>', { wait: 0 })
  stock(@Parent() order: Order): Promise<string> {
    return Promise.resolve(currentLease().key + order.id.slice(99));
  }

  @Locked('price:<order.id>', { wait: 0, onBusy: 'skip' })
  @ResolveField(() => String, { nullable: true })
  price(@Parent() order: Order): Promise<string | undefined> {
    return Promise.resolve(currentLease().key + order.id.slice(99));
  }
}

@Injectable({ scope: Scope.REQUEST })
@Resolver()
class PerRequest {
  @Query(() => String)
  @Locked('order:<id>', { wait: 0 })
  perRequest(@Args('id', { type: () => ID }) id: string): Promise<string> {
    return Promise.resolve(currentLease().key + id.slice(99));
  }
}

describe('GraphQL', () => {
  let app: INestApplication<Server>;
  const start = (more: Partial<ApolloDriverConfig> = {}) => {
    const graphql = GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true, ...more });
    return serve({ imports: [graphql], providers: [Orders, PerRequest] });
  };
  const ask = async (query: string, server = app.getHttpServer()): Promise<unknown> => {
    const { body } = await request(server).post('/graphql').send({ query });
    return body as unknown;
  };
  const busy = (path: string) => ({
    extensions: { code: 'LOCK_BUSY', status: 409 },
    message: expect.stringContaining('The lock is held by somebody else.'),
    path: path.split('.'),
    locations: expect.anything(),
  });

  beforeAll(async () => {
    app = await start();
  });
  afterAll(() => app.close());

  it('locks queries, mutations and field resolvers, in either order of decorators', async () => {
    expect(await ask('{ order(id: "7") { id stock price } perRequest(id: "8") }')).toEqual({
      data: { order: { id: '7', stock: 'stock:7', price: 'price:7' }, perRequest: 'order:8' },
    });
    expect(await ask('mutation { pay(id: "7") payWhole(id: "7") }')).toEqual({
      data: { pay: 'order:7', payWhole: 'order:7' },
    });
  });

  it.each([
    ['order', '{ order(id: "7") { id } }', 'order:7'],
    ['perRequest', '{ perRequest(id: "7") }', 'order:7'],
    ['payWhole', 'mutation { payWhole(id: "7") }', 'order:7'],
    ['order.stock', '{ order(id: "7") { id stock } }', 'stock:7'],
  ])('answers a busy %s in its own form, without the key', async (path, query, key) => {
    const body = await app.get(LockService).using(key, () => ask(query));
    expect(body).toEqual({ data: null, errors: [busy(path)] });
    expect(JSON.stringify(body)).not.toContain(key);
  });

  it('answers a busy field in the same form where filters are run for fields', async () => {
    const other = await start({
      fieldResolverEnhancers: ['filters', 'interceptors'],
      includeStacktraceInErrorResponses: true,
    });
    const query = '{ order(id: "7") { id stock } }';
    const body = await other.get(LockService).using('stock:7', () => ask(query, other.getHttpServer()));
    expect(body).toMatchObject({ data: null, errors: [{ extensions: { code: 'LOCK_BUSY', status: 409 } }] });
    expect(JSON.stringify(body)).not.toContain('stock:7');
    await other.close();
  });

  it('answers that the wait was in vain, without the key', async () => {
    const body = await app.get(LockService).using('order:7', () => ask('mutation { pay(id: "7") }'));
    expect(body).toMatchObject({ errors: [{ extensions: { code: 'LOCK_TIMEOUT', status: 423 } }] });
    expect(JSON.stringify(body)).not.toContain('order:7');
  });

  it('lets a field resolver skip where the schema admits null', async () => {
    const body = await app.get(LockService).using('price:7', () => ask('{ order(id: "7") { id price } }'));
    expect(body).toEqual({ data: { order: { id: '7', price: null } } });
  });

  it('leaves errors of the resolver as they are', async () => {
    const body = await ask('mutation { pay(id: "13") }');
    expect(body).toMatchObject({
      errors: [{ message: 'sold out', extensions: { originalError: { statusCode: 409 } } }],
    });
  });

  it('refuses at boot to skip a query', async () => {
    @Resolver()
    class Skips {
      @Query(() => String)
      @Locked('a', { onBusy: 'skip' })
      skips(): Promise<string | undefined> {
        return Promise.resolve('');
      }
    }
    await expect(boot({ providers: [Skips] })).rejects.toThrow(/Skips.skips must not be 'skip': it is a GraphQL query/);
  });
});
