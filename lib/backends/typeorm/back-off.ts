import { systemClock } from '../../core/clock.js';

/** First attempts follow each other within turns of the event loop: most rivals hold a lock for some µs. */
const QUICK_ATTEMPTS = 8;
const LONGEST_PAUSE_MS = 16;
/** A server that is away is not back sooner because it is asked more often. */
const FIRST_LINK_PAUSE_MS = 10;
const LONGEST_LINK_PAUSE_MS = 250;

/** Settles when it is time for another attempt after so many failed ones. The event loop goes on meanwhile. */
export function backOff(failed: number, trouble: 'rival' | 'link' = 'rival'): Promise<void> {
  if (trouble === 'link') {
    return pause(jittered(Math.min(FIRST_LINK_PAUSE_MS * 2 ** (failed - 1), LONGEST_LINK_PAUSE_MS)));
  }
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
