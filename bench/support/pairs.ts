import type { Figures } from './bench.js';
import { percentile } from './statistics.js';

/** Acquires and releases a key. */
export type Pair = (key: string) => Promise<void>;

/** Times one pair of acquire and release after another, once warm. */
export async function timePairs(ms: number, pair: () => Promise<void>): Promise<Figures> {
  for (const until = performance.now() + ms / 5; performance.now() < until;) await pair();
  const micros: number[] = [];
  const start = performance.now();
  for (let now = start; now < start + ms;) {
    const before = now;
    await pair();
    now = performance.now();
    micros.push((now - before) * 1000);
  }
  const seconds = (performance.now() - start) / 1000;
  return { 'p50 µs': percentile(micros, 50), 'p99 µs': percentile(micros, 99), 'pairs/s': micros.length / seconds };
}

export function nameOf(i: number): string {
  return `key ${String(i)}`;
}

/** As many workers as keys, each with one pair after another on its own, once warm. */
export async function countPairs(ms: number, keys: number, pair: Pair): Promise<Figures> {
  const rate = async (forMs: number): Promise<number> => {
    const start = performance.now();
    let pairs = 0;
    const worker = async (key: string): Promise<void> => {
      for (; performance.now() < start + forMs; pairs++) await pair(key);
    };
    await Promise.all(Array.from({ length: keys }, (_, i) => worker(nameOf(i))));
    return pairs / ((performance.now() - start) / 1000);
  };
  await rate(ms / 5);
  const cpu = process.cpuUsage();
  const pairsPerSecond = await rate(ms);
  const { user, system } = process.cpuUsage(cpu);
  return { 'pairs/s': pairsPerSecond, 'CPU µs/pair': (user + system) / (pairsPerSecond * (ms / 1000)) };
}
