// A process whose connections to the lock store fall silent, and that closes its locks then. Started by the spec of this name.
import { createServer, connect } from 'node:net';
import { Locker } from 'nestjs-locked/core';
import { typeorm } from 'nestjs-locked/typeorm';

const target = new URL(process.argv[2]);
let isFrozen = false;
const proxy = createServer((client) => {
  const server = connect(Number(target.port), target.hostname);
  for (const socket of [client, server]) socket.on('error', () => undefined).unref();
  client.on('data', (chunk) => isFrozen || server.write(chunk));
  server.on('data', (chunk) => isFrozen || client.write(chunk));
});
await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
proxy.unref();
const url = new URL(target);
url.port = String(proxy.address().port);

const locks = new Locker(typeorm({ url: url.href }));
await Promise.all([1, 2, 3, 4, 5].map((n) => locks.using(`warm ${n}`, () => undefined)));
isFrozen = true;
locks.tryAcquire('frozen').catch(() => undefined);
// Of this process' own: what stands in for the network keeps nothing alive, so something has to until it has closed.
const alive = setInterval(() => undefined, 1_000);
await locks.close({ drain: 0 }).catch(() => undefined);
clearInterval(alive);
process.stdout.write('closed');
// Whatever is left would keep it: the spec waits for the end.
