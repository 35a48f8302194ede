// A process that begins a fenced transaction and stays in it. Started by stopped-process.spec.ts, from the built package.
import { DataSource } from 'typeorm';
import { Locker } from 'nestjs-locked/core';
import { memory } from 'nestjs-locked/memory';
import { fencedTransaction } from 'nestjs-locked/typeorm';

const [type, url, key, lease] = process.argv.slice(2);
const dataSource = await new DataSource({ type, url }).initialize();
const locker = new Locker(memory({ singleProcess: true }));
const held = await locker.acquire(key, { lease });
await fencedTransaction(dataSource, held, async (manager) => {
  await manager.query('UPDATE stock SET sold = sold + 100');
  process.send('inside');
  await new Promise((resolve) => setTimeout(resolve, 60_000));
});
