import type { Figures } from './bench.js';
import type { Crowd, CrowdLog } from './crowd.js';
import { jain, percentile } from './statistics.js';

export interface Held {
  readonly process: number;
  readonly worker: number;
  readonly granted: number;
  readonly released: number;
  readonly token: number;
}

/** All holds of all processes in the order in which they were granted. */
export function holdsOf(logs: readonly CrowdLog[]): Held[] {
  const holds = logs.flatMap(({ worker, granted, released, token }, process) =>
    Array.from(granted, (at, i) => ({
      process,
      worker: worker[i] ?? NaN,
      granted: at,
      released: released[i] ?? NaN,
      token: token[i] ?? NaN,
    })),
  );
  return holds.sort((a, b) => a.granted - b.granted);
}

/** How often somebody was inside while somebody else was: inside of one process, or of two. */
export function twoInside(logs: readonly CrowdLog[]): number {
  let overlaps = 0;
  let free = -Infinity;
  for (const { granted, released } of holdsOf(logs)) {
    if (granted < free) overlaps++;
    free = Math.max(free, released);
  }
  return Math.max(
    overlaps,
    logs.reduce((sum, { lost }) => sum + lost, 0),
  );
}

/** How often a grant had no larger token than the one before it. */
export function backwardTokens(logs: readonly CrowdLog[]): number {
  return holdsOf(logs).filter(({ token }, i, holds) => token <= (holds[i - 1]?.token ?? NaN)).length;
}

/** How many grants each worker of each process had. */
export function grantsOf(logs: readonly CrowdLog[], workers: number): number[] {
  return logs.flatMap(({ worker }) => {
    const grants = Array.from({ length: workers }, () => 0);
    for (const one of worker) grants[one] = (grants[one] ?? 0) + 1;
    return grants;
  });
}

export function waitsOf(logs: readonly CrowdLog[]): number[] {
  return logs.flatMap(({ asked, granted }) => Array.from(granted, (at, i) => at - (asked[i] ?? NaN)));
}

/** Grants while all workers were at it: each still gets the one that it asked for before the end. */
function inTime(logs: readonly CrowdLog[], ms: number): Held[] {
  const end = Math.min(...logs.map(({ startAt }) => startAt)) + ms;
  return holdsOf(logs).filter(({ granted }) => granted < end);
}

export function rateOf(logs: readonly CrowdLog[], ms: number): number {
  return inTime(logs, ms).length / (ms / 1000);
}

/** How often the key went to another worker than the last: who wins its own key back at once waits for nobody. */
function changeRateOf(logs: readonly CrowdLog[], ms: number): number {
  const changes = inTime(logs, ms).filter(({ process, worker }, i, holds) => {
    const last = holds[i - 1];
    return last && (last.process !== process || last.worker !== worker);
  });
  return changes.length / (ms / 1000);
}

/** Rate, waits and fairness of equal processes. */
export function crowdFigures(logs: readonly CrowdLog[], crowd: Pick<Crowd, 'workers' | 'ms'>): Figures {
  const grants = grantsOf(logs, crowd.workers);
  const waits = waitsOf(logs);
  return {
    'grants/s': rateOf(logs, crowd.ms),
    'to another/s': changeRateOf(logs, crowd.ms),
    'wait p50 ms': percentile(waits, 50),
    'wait p99 ms': percentile(waits, 99),
    Jain: jain(grants),
    'least/most': Math.min(...grants) / Math.max(...grants),
  };
}
