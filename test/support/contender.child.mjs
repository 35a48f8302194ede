// A process that takes, watches and gives back locks of one store on command. Started by contender.ts.
import { Locker } from 'nestjs-locked/core';

const [url] = process.argv.slice(2);
const STORES = {
  'redis:': async () => (await import('nestjs-locked/redis')).redis({ url }),
  'zookeeper:': async () => (await import('nestjs-locked/zookeeper')).zookeeper({ url }),
};
const backend = await (STORES[/^\w+:/.exec(url)[0]] ?? openSql)();
const locks = new Locker(backend);
let lease;
let watched;

async function openSql() {
  return (await import('nestjs-locked/typeorm')).typeorm({ url });
}

const now = () => process.hrtime.bigint().toString();

const commands = {
  async acquire({ key, options }) {
    lease = await locks.acquire(key, options);
    lease.assertHeld();
    return { token: lease.token.toString(), at: now(), wallMs: Date.now() };
  },
  /** Has so many callers, each with a line of its own, wait for each of the keys; says nothing when one is served. */
  async crowd({ keys, callers, options }) {
    for (let i = 0; i < callers; i++) {
      const line = new Locker(backend);
      for (const key of keys) line.using(key, options, () => undefined).catch(() => undefined);
    }
  },
  /** Has so many callers stand in one line; says nothing when one is served. */
  async waitInLine({ key, callers, options }) {
    for (let i = 0; i < callers; i++) locks.using(key, options, () => undefined).catch(() => undefined);
  },
  /** Asks `assertHeld()` from now on, as often as it can, until it throws. */
  async watch() {
    watched = (async () => {
      for (let lastHeld = '0'; ;) {
        const before = now();
        try {
          lease.assertHeld();
        } catch (error) {
          return { lastHeld, threwAt: before, code: error.code };
        }
        lastHeld = before;
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
  },
  async watched() {
    return await watched;
  },
  async release() {
    return await lease.release();
  },
};

process.on('message', async ({ id, command, input }) => {
  try {
    const output = await commands[command](input);
    if (process.connected) process.send({ id, output });
  } catch (error) {
    process.send({ id, error: `${error.name}: ${error.message}` });
  }
});
process.send({ ready: true });
