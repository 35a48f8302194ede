import type { Contestant } from './contestant.js';
import { monotonicMs } from './monotonic.js';
import { started } from './starting-line.js';

export interface Crowd {
  readonly key: string;
  /** Each worker has a key of its own, which begins so. */
  readonly ownKeys?: boolean;
  readonly workers: number;
  /** How long to measure, in ms. */
  readonly ms: number;
  /** How long each holds the key, in ms; 0: only as long as a promise takes. */
  readonly holdMs?: number;
}

/** One line per grant, in three columns of monotonic ms, and who got it. */
export interface CrowdLog {
  readonly startAt: number;
  readonly worker: Float64Array;
  readonly asked: Float64Array;
  readonly granted: Float64Array;
  /** Taken just before the release. */
  readonly released: Float64Array;
  /** Fencing tokens; NaN where there are none. */
  readonly token: Float64Array;
  /** Updates of an unguarded counter that others inside of this process overwrote. */
  readonly lost: number;
  readonly timedOut: number;
  /** Leases that had ended before they were given back. */
  readonly expired: number;
}

/** Workers of one process that all want one key, together with those of other processes, and want it again as soon as they have given it back. */
export async function runCrowd(contestant: Contestant, crowd: Crowd): Promise<CrowdLog> {
  const { key: shared, ownKeys = false, workers, ms, holdMs = 0 } = crowd;
  const columns = {
    worker: [] as number[],
    asked: [] as number[],
    granted: [] as number[],
    released: [] as number[],
    token: [] as number[],
  };
  let counter = 0;
  let timedOut = 0;
  let expired = 0;
  const hold = (): Promise<unknown> =>
    holdMs === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, holdMs));

  const startAt = await started();
  const work = async (worker: number): Promise<void> => {
    const key = ownKeys ? shared + String(worker) : shared;
    for (let asked = monotonicMs(); asked < startAt + ms; asked = monotonicMs()) {
      const release = await contestant.acquire(key);
      if (!release) {
        timedOut++;
        continue;
      }
      const granted = monotonicMs();
      const seen = counter;
      await hold();
      counter = seen + 1;
      columns.worker.push(worker);
      columns.asked.push(asked);
      columns.granted.push(granted);
      columns.released.push(monotonicMs());
      columns.token.push(Number(release.token ?? NaN));
      if (!(await release())) expired++;
    }
  };

  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
  return {
    startAt,
    worker: Float64Array.from(columns.worker),
    asked: Float64Array.from(columns.asked),
    granted: Float64Array.from(columns.granted),
    released: Float64Array.from(columns.released),
    token: Float64Array.from(columns.token),
    lost: columns.worker.length - counter,
    timedOut,
    expired,
  };
}
