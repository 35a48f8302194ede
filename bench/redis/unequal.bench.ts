import type { Bench } from '../support/bench.js';
import { rateOf, waitsOf } from '../support/crowd.figures.js';
import { percentile } from '../support/statistics.js';
import { crowds } from './crowds.js';
import { ourField } from './field.js';

const MANY = 100;

export const redisUnequal: Bench = {
  name: `Redis, one key, ${String(MANY)} workers in one process against 1 in another`,
  settings: `wait of the one; its share: one turn in ${String(MANY + 1)} at the rate of all; ours: 64 turns, 25 ms`,
  contestants: ourField(async (entrant, { ms }) => {
    const { logs } = await crowds(entrant, { processes: [MANY, 1], ms });
    const waits = waitsOf(logs.slice(1));
    const rate = rateOf(logs, ms);
    const shareMs = ((MANY + 1) / rate) * 1000;
    const meanMs = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    return {
      'mean wait ÷ share': meanMs / shareMs,
      'share ms': shareMs,
      'wait p50 ms': percentile(waits, 50),
      'wait p99 ms': percentile(waits, 99),
      'grants/s': rate,
    };
  }),
};
