// A process that takes, watches and gives back one lock on command. Started by contender.ts.
import { Locker } from 'nestjs-locked/core';
import { sqlite } from 'nestjs-locked/typeorm';

const [file] = process.argv.slice(2);
const locks = new Locker(sqlite({ file }));
let lease;
let watched;

const now = () => process.hrtime.bigint().toString();

const commands = {
  async acquire({ key, options }) {
    lease = await locks.acquire(key, options);
    return { token: lease.token.toString(), at: now(), wallMs: Date.now() };
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
  async end() {
    await locks.close();
    process.disconnect();
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
