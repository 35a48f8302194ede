/** First attempts follow each other within a turn of the event loop: most rivals hold the write lock for some µs. */
const QUICK_ATTEMPTS = 8;
const LONGEST_PAUSE_MS = 16;

/**
 * Runs `attempt` until it succeeds, fails for good, or `boundMs` have passed: then it fails with the last error.
 * Waits in between without blocking the event loop.
 */
export async function retry<T>(
  attempt: () => T | Promise<T>,
  transient: (error: unknown) => boolean,
  boundMs: number,
): Promise<T> {
  const until = performance.now() + boundMs;
  for (let failed = 1; ; failed++) {
    try {
      return await attempt();
    } catch (error) {
      if (!transient(error) || performance.now() >= until) throw error;
    }
    await (failed <= QUICK_ATTEMPTS ? nextTurn() : pause(pauseMs(failed - QUICK_ATTEMPTS)));
  }
}

/**
 * Waits `ms`. Keeps the process alive meanwhile, as a socket with an outstanding answer would: for operations under
 * way, which are bounded, never for an idle store.
 */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** `value` ± 25 %, so that processes which failed together do not try again together. */
export function jittered(value: number): number {
  return value * (0.75 + 0.5 * Math.random());
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function pauseMs(nth: number): number {
  return jittered(Math.min(2 ** (nth - 1), LONGEST_PAUSE_MS));
}
