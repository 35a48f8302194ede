// A process that adds to a counter in a file, which nothing but the lock guards. Started by sql-processes.spec.ts.
import { readFile, writeFile } from 'node:fs/promises';
import { Locker } from 'nestjs-locked/core';
import { typeorm } from 'nestjs-locked/typeorm';

const [url, counter, seconds] = process.argv.slice(2);
const locks = new Locker(typeorm({ url }), { lease: '5s', wait: '60s' });
const tokens = [];

async function add(lease) {
  tokens.push(String(lease.token));
  const count = Number(await readFile(counter, 'utf8'));
  await writeFile(counter, String(count + 1));
}

const end = performance.now() + Number(seconds) * 1000;
async function work() {
  while (performance.now() < end) await locks.using('counter', add);
}

await Promise.all([work(), work(), work()]);
await locks.close();
process.stdout.write(JSON.stringify(tokens));
