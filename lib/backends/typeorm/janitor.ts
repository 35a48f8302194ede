import { type ClockTimer, systemClock } from '../../core/clock.js';
import { jittered } from './back-off.js';

const ROUND_EVERY_MS = 60 * 60 * 1000;
const SLICE_EVERY_MS = 250;

/** Walks through the table once an hour, slice by slice, and has idle rows forgotten. Never keeps the process alive. */
export class Janitor {
  #timer: ClockTimer | undefined;

  /** @param purge forgets idle rows in the slice behind a key, and returns where the next one begins */
  constructor(private readonly purge: (after: string) => Promise<string | undefined>) {}

  start(firstRoundMs = jittered(ROUND_EVERY_MS)): void {
    this.stop();
    this.#next('', firstRoundMs);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #next(after: string, delayMs: number): void {
    const timer = systemClock.setTimer(() => void this.#work(after, timer), delayMs);
    this.#timer = timer;
  }

  async #work(after: string, timer: ClockTimer): Promise<void> {
    // Trouble is told to those who ask for locks; the janitor comes again.
    const rest = await this.purge(after).catch(() => undefined);
    if (this.#timer !== timer) return;
    if (rest === undefined) this.#next('', jittered(ROUND_EVERY_MS));
    else this.#next(rest, SLICE_EVERY_MS);
  }
}
