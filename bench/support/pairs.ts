import type { Figures } from './bench.js';
import { percentile } from './statistics.js';

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
