// As a user's CommonJS application on NestJS 11 has it; compiled against the packed types.
import 'reflect-metadata';
import { Controller, Get, Injectable, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { currentLease, Locked, LockModule, LockService } from 'nestjs-locked';

@Injectable()
class Till {
  constructor(private readonly locks: LockService) {}

  @Locked('order:<id>', { wait: '2s' })
  async pay(id: string): Promise<string> {
    const twice = await this.locks.using(`audit:${id}`, (lease) => lease.key);
    return `paid under ${currentLease().key}, audited under ${twice}`;
  }
}

/** Never called: it must not compile. Were the packed types incomplete, any duration would do. */
export function withoutUnit(locks: LockService): Promise<unknown> {
  // @ts-expect-error: a duration needs a unit
  return locks.acquire('order:42', { wait: '2' });
}

@Controller()
class Payments {
  constructor(private readonly till: Till) {}

  @Get('pay/:id')
  @Locked('payment:<id>')
  async pay(@Param('id') id: string): Promise<string> {
    return this.till.pay(id);
  }
}

@Module({ imports: [LockModule.forRoot({ backend: 'memory:' })], providers: [Till], controllers: [Payments] })
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['warn', 'error'], abortOnError: false });
  await app.listen(0, '127.0.0.1');
  const answer = await fetch(`${await app.getUrl()}/pay/42`);
  console.log(answer.status, await answer.text());
  await app.close();
}

void main();
