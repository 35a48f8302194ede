import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Locked, LockModule } from 'nestjs-locked';
import type { Bench, Figures } from './support/bench.js';
import { inChild } from './support/child.js';
import { percentile } from './support/statistics.js';

const CALLS = 30_000;

@Injectable()
class Orders {
  async plain(id: string): Promise<string> {
    return await Promise.resolve(id);
  }

  @Locked('order:<id>')
  async locked(id: string): Promise<string> {
    return await Promise.resolve(id);
  }
}

@Module({ imports: [LockModule.forRoot({ backend: 'memory:' })], providers: [Orders] })
class App {}

export async function callLatency(method: 'plain' | 'locked'): Promise<Figures> {
  const app = await NestFactory.createApplicationContext(App, { logger: false });
  const orders = app.get(Orders);
  const micros: number[] = [];
  for (let call = 0; call < 2 * CALLS; call++) {
    const start = performance.now();
    await orders[method](String(call % 1000));
    if (call >= CALLS) micros.push((performance.now() - start) * 1000);
  }
  await app.close();
  return { 'p50 µs': percentile(micros, 50), 'p99 µs': percentile(micros, 99) };
}

export const decorator: Bench = {
  name: 'An uncontended call of a @Locked method, in memory',
  settings: `${String(CALLS)} calls after as many to warm up, one after another, 1,000 keys`,
  contestants: {
    'plain async method': () => inChild('decorator.bench', callLatency, 'plain'),
    '@Locked method': () => inChild('decorator.bench', callLatency, 'locked'),
  },
};
