import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock, ClockTimer } from './clock.js';
import { Fifo, type FifoEntry } from './fifo.js';

class Alarm implements FifoEntry<Alarm>, ClockTimer {
  ahead: Alarm | undefined = undefined;
  behind: Alarm | undefined = undefined;
  isSet = true;

  constructor(
    private readonly clock: { remove(alarm: Alarm): void },
    readonly at: number,
    readonly ring: () => void,
    readonly isAwaited: boolean,
  ) {}

  cancel(): void {
    this.clock.remove(this);
  }
}

/**
 * Many timers on one of the machine's. Nearly all bounds of a lock are cancelled long before they are due, so the
 * machine's timer is left as it is when that happens: it fires early, for nothing, and is set again for what is left.
 */
export class AlarmClock {
  /** In the order in which they were set. */
  readonly #alarms = new Fifo<Alarm>();
  /** How many of them somebody awaits. */
  #awaited = 0;
  /** An alarm rings for whoever set it, not in the async context of whoever happened to set the machine's timer. */
  readonly #outside = AsyncLocalStorage.snapshot();
  #timer: ClockTimer | undefined;
  #timerAt = Infinity;

  constructor(private readonly machine: Clock) {}

  mono(): number {
    return this.machine.mono();
  }

  wall(): number {
    return this.machine.wall();
  }

  /** Rings once, at that monotonic time; keeps the process alive only if somebody awaits it. */
  at(time: number, ring: () => void, isAwaited = false): ClockTimer {
    const alarm = new Alarm(this, time, ring, isAwaited);
    this.#alarms.push(alarm);
    if (alarm.at < this.#timerAt) this.#set(alarm.at);
    if (isAwaited && this.#awaited++ === 0) this.#timer?.keepAlive?.(true);
    return alarm;
  }

  /** @internal */
  remove(alarm: Alarm): void {
    if (!alarm.isSet) return;
    alarm.isSet = false;
    this.#alarms.remove(alarm);
    if (alarm.isAwaited && --this.#awaited === 0) this.#timer?.keepAlive?.(false);
  }

  /** Lets go of the machine's timer; what is still set, the bound on a call under way, rings all the same. */
  close(): void {
    if (this.#alarms.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAt = Infinity;
  }

  #set(at: number): void {
    this.#timer?.cancel();
    this.#timerAt = at;
    const fire = (): void => {
      this.#outside(() => {
        this.#fire();
      });
    };
    this.#timer = this.machine.setTimer(fire, at - this.mono(), this.#awaited > 0);
  }

  #fire(): void {
    this.#timer = undefined;
    this.#timerAt = Infinity;
    const now = this.mono();
    const due = [...this.#alarms].filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
    try {
      for (const alarm of due) {
        // One that rang before may have cancelled it.
        if (!alarm.isSet) continue;
        this.remove(alarm);
        alarm.ring();
      }
    } finally {
      // Whatever one of them throws: the others are set, and their leases have to be renewed.
      let next = Infinity;
      for (const { at } of this.#alarms) next = Math.min(next, at);
      if (next < this.#timerAt) this.#set(next);
    }
  }
}
