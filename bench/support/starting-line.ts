import { once } from 'node:events';
import { monotonicMs, untilMonotonic } from './monotonic.js';

/** For the message to reach all of them. */
const AHEAD_MS = 100;

/** Where processes wait for each other, loaded and connected, until all of them begin at one instant. */
export class StartingLine {
  /** When they begin, in monotonic ms. */
  readonly startAt: Promise<number>;
  #resolve: ((startAt: number) => void) | undefined;

  constructor(private missing: number) {
    this.startAt = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  arrived(): void {
    if (--this.missing === 0) this.#resolve?.(monotonicMs() + AHEAD_MS);
  }
}

/**
 * Called in a process once it is ready: waits for the others and for the instant.
 *
 * @returns that instant, in monotonic ms
 */
export async function started(): Promise<number> {
  const go = once(process, 'message');
  process.send?.({ ready: true });
  const [startAt] = (await go) as [number];
  await untilMonotonic(startAt);
  return startAt;
}
