import { systemClock } from '../../core/clock.js';

/** First attempts follow each other within turns of the event loop: most rivals hold the write lock for some µs. */
const QUICK_ATTEMPTS = 8;
const LONGEST_PAUSE_MS = 16;

/** Settles when it is time for another attempt after so many failed ones. The event loop goes on meanwhile. */
export function backOff(failed: number): Promise<void> {
  if (failed <= QUICK_ATTEMPTS) return new Promise((resolve) => setImmediate(resolve));
  return pause(jittered(Math.min(2 ** (failed - QUICK_ATTEMPTS - 1), LONGEST_PAUSE_MS)));
}

/** For operations under way: they are bounded, and keep the process alive as a socket with an answer to come would. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => systemClock.setTimer(resolve, ms, true));
}

/** `value` ± 25 %, so that processes which failed together do not try again together. */
export function jittered(value: number): number {
  return value * (0.75 + 0.5 * Math.random());
}
