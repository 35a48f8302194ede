// A process that adds to a counter in a file, which nothing but the lock guards. Started by redis-quorum-processes.spec.ts.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { Locker } from 'nestjs-locked/core';
import { redisQuorum } from 'nestjs-locked/redis';

const [counter, stop, ...urls] = process.argv.slice(2);
const locks = new Locker(redisQuorum(urls.map((url) => ({ url }))), { lease: '1s', wait: '60s' });
const tokens = [];

async function add(lease) {
  tokens.push(String(lease.token));
  const count = Number(await readFile(counter, 'utf8'));
  await writeFile(counter, String(count + 1));
}

async function work() {
  while (!existsSync(stop)) await locks.using('counter', add);
}

try {
  await Promise.all([work(), work()]);
} finally {
  await locks.close();
}
process.stdout.write(JSON.stringify(tokens));
