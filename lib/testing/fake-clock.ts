import { setImmediate } from 'node:timers/promises';
import type { Clock, ClockTimer } from '../core/clock.js';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** Above this a timer that sets itself again without a pause is suspected. */
const MOST_TIMERS = 100_000;

/** A clock that goes only when told: for tests of code that takes a {@link Clock}. */
export class FakeClock implements Clock {
  #mono = 0;
  #wall: number;
  /** In the order in which they were set. */
  readonly #timers = new Set<Timer>();

  /** @param wall time at the start, in ms since the epoch */
  constructor(wall: number = Date.UTC(2030, 0, 1)) {
    this.#wall = wall;
  }

  mono(): number {
    return this.#mono;
  }

  wall(): number {
    return this.#wall;
  }

  setTimer(callback: () => void, delayMs: number): ClockTimer {
    const timer = { at: this.#mono + Math.max(delayMs, 0), callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** How many timers have been set and neither fired nor been cancelled. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /**
   * Lets time pass. Due timers fire one by one, each at its own moment; promise jobs settle before and after each.
   *
   * @throws Error when timers follow each other without end
   */
  async advance(ms: number): Promise<void> {
    const end = this.#mono + forward(ms);
    await setImmediate();
    for (let fired = 0; ; fired++) {
      const timer = this.#nextTimer(end);
      if (timer === undefined) break;
      if (fired === MOST_TIMERS) throw new Error(`More than ${String(MOST_TIMERS)} timers within ${String(ms)} ms.`);
      this.#timers.delete(timer);
      this.block(Math.max(timer.at - this.#mono, 0));
      timer.callback();
      await setImmediate();
    }
    this.block(Math.max(end - this.#mono, 0));
  }

  /** The process is blocked or stopped: time passes and nothing runs; timers that come due are late until `advance`. */
  block(ms: number): void {
    this.#mono += forward(ms);
    this.#wall += ms;
  }

  /** The machine is suspended: wall time passes, monotonic time and timers stand still. */
  sleep(ms: number): void {
    this.jumpWall(forward(ms));
  }

  /** Somebody sets the wall clock, forwards or backwards. */
  jumpWall(ms: number): void {
    this.#wall += ms;
  }

  #nextTimer(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
    }
    return next;
  }
}

function forward(ms: number): number {
  if (ms >= 0 && Number.isFinite(ms)) return ms;
  throw new RangeError(`Time goes forward by a finite number of ms, not by ${String(ms)}.`);
}
