import type { Clock, ClockTimer } from './clock.js';
import type { KeptHold } from './kept-hold.js';

/** Looks after all holds of a Locker with one timer. */
export class Keeper {
  readonly #holds = new Set<KeptHold>();
  #timer: ClockTimer | undefined;
  #timerAt = Infinity;

  constructor(private readonly clock: Clock) {}

  keep(hold: KeptHold): void {
    this.#holds.add(hold);
    hold.reschedule = () => {
      this.#lookAt(hold.lookAt);
    };
    this.#lookAt(hold.lookAt);
  }

  /** The timer is left to fire for nothing: setting one per hold would cost more than it saves. */
  drop(hold: KeptHold): void {
    this.#holds.delete(hold);
  }

  close(): void {
    this.#timer?.cancel();
    this.#timerAt = Infinity;
    this.#holds.clear();
  }

  #lookAt(at: number): void {
    if (at >= this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    this.#timer = this.clock.setTimer(() => {
      this.#tick();
    }, at - this.clock.mono());
  }

  #tick(): void {
    this.#timerAt = Infinity;
    const now = this.clock.mono();
    let next = Infinity;
    for (const hold of this.#holds) {
      if (hold.lookAt <= now) hold.look(now);
      if (hold.isFinal) this.#holds.delete(hold);
      else next = Math.min(next, hold.lookAt);
    }
    if (next < Infinity) this.#lookAt(next);
  }
}
