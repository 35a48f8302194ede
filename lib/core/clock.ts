/** Time as the core sees it. A port, so that tests decide what time it is. */
export interface Clock {
  /** Monotonic time in ms: decides every deadline. */
  mono(): number;
  /** Wall time in ms since the epoch: only compared with itself, to notice a machine that slept. */
  wall(): number;
  /**
   * Calls back once after `delayMs`. Keeps the process alive only if told: while a caller waits for the outcome, and
   * never for the sake of a renewal.
   */
  setTimer(callback: () => void, delayMs: number, keepAlive?: boolean): ClockTimer;
}

export interface ClockTimer {
  cancel(): void;
  /** Somebody begins, or ceases, to wait for it. A clock that keeps no process alive has no use for it. */
  keepAlive?(on: boolean): void;
}

/** Above this setTimeout fires after 1 ms. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** The machine's own time. A timer longer than setTimeout can carry fires early: every user looks at the clock again. */
export const systemClock: Clock = {
  mono: () => performance.now(),
  wall: () => Date.now(),
  setTimer(callback, delayMs, keepAlive = false) {
    const timer = setTimeout(callback, Math.min(Math.max(delayMs, 0), LONGEST_TIMEOUT_MS));
    if (!keepAlive) timer.unref();
    return {
      cancel: () => {
        clearTimeout(timer);
      },
      keepAlive: (on) => (on ? timer.ref() : timer.unref()),
    };
  },
};
