import { monitorEventLoopDelay } from 'node:perf_hooks';

/**
 * Measures how late this machine runs timers while `work` goes on. Bounds in tests are functions of it: a bound in bare
 * ms would test the machine.
 *
 * @returns the work's result and the largest delay seen, in ms
 */
export async function withSchedulerDelay<T>(work: () => Promise<T>): Promise<{ result: T; delayMs: number }> {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  const result = await work();
  histogram.disable();
  return { result, delayMs: histogram.max / 1e6 };
}
