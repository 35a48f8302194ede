// A process that does with one client's locks what it is told, a JSON text per line. Started by lock-process.ts.
import { readFileSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { clients } from './clients.mjs';

const { client, ...settings } = JSON.parse(process.argv[2]);
const locks = clients[client](settings);
const held = new Map();

const take = async (key) => (await locks.take(key, 60_000)) ?? Promise.reject(new Error(`${key} was not granted`));
const crew = (size, work) => Promise.all(Array.from({ length: size }, (_, worker) => work(worker)));

const commands = {
  async take({ key, waitMs }) {
    const giveBack = await locks.take(key, waitMs);
    if (giveBack) held.set(key, giveBack);
    return giveBack !== undefined;
  },
  async giveBack({ key }) {
    await held.get(key)();
  },
  /** Signs a file that everybody reads and writes anew, and which only the lock guards. */
  async sign({ key, file, workers, times }) {
    await crew(workers, async () => {
      for (let i = 0; i < times; i++) {
        const giveBack = await take(key);
        const signed = readFileSync(file, 'utf8');
        await pause(1);
        writeFileSync(file, `${signed}${client}\n`);
        await giveBack();
        await pause(Math.random() * 5);
      }
    });
  },
  async demand({ key, workers, ms, holdMs, restMs }) {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const grants = Array.from({ length: workers }, () => 0);
    const since = performance.now();
    let last = since;
    let longestMs = 0;
    const granted = () => {
      longestMs = Math.max(longestMs, performance.now() - last);
      last = performance.now();
    };
    await crew(workers, async (worker) => {
      while (performance.now() < since + ms) {
        const giveBack = await take(key);
        granted();
        grants[worker]++;
        await pause(holdMs);
        await giveBack();
        if (restMs > 0) await pause(restMs);
      }
    });
    return { grants, longestMs, delayMs: delay.max / 1e6 };
  },
};

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
const lines = createInterface({ input: process.stdin });
lines.on('line', async (line) => {
  const { id, command, input } = JSON.parse(line);
  try {
    say({ id, output: (await commands[command](input)) ?? null });
  } catch (error) {
    say({ id, error: String(error) });
  }
});
// Whoever started it is gone, or needs it no more.
lines.once('close', () => process.exit());
say({ ready: true });
