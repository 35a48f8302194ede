import { systemClock } from '../../core/clock.js';
import { LockBackendError } from '../../core/errors.js';
import { Fifo, type FifoEntry } from '../../core/fifo.js';

/** Holders renew and give back; seekers ask, look and poll. */
export type Lane = 'holder' | 'seeker';

/**
 * Who gets one of the few connections to the lock store. However many seekers there are, a release does not queue
 * behind their polls: holders go first, and one connection is kept free for them.
 */
export class Lanes {
  readonly #waiting: Readonly<Record<Lane, Fifo<Place>>> = { holder: new Fifo(), seeker: new Fifo() };
  readonly #busy: Record<Lane, number> = { holder: 0, seeker: 0 };

  /**
   * @param connections how many there are, ≥ 2
   * @param patienceMs how long to wait for one
   */
  constructor(
    private readonly connections: number,
    private readonly patienceMs: number,
  ) {}

  /** @throws LockBackendError when no connection became free in time; `work` has not begun then */
  async run<T>(lane: Lane, work: () => Promise<T>): Promise<T> {
    if (this.#waiting[lane].head !== undefined || !this.#isFree(lane)) await this.#turn(lane);
    else this.#busy[lane]++;
    try {
      return await work();
    } finally {
      this.#busy[lane]--;
      this.#callNext();
    }
  }

  #isFree(lane: Lane): boolean {
    const { holder, seeker } = this.#busy;
    return lane === 'holder' ? holder + seeker < this.connections : holder + seeker < this.connections - 1;
  }

  #turn(lane: Lane): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting[lane];
      const place: Place = {
        ahead: undefined,
        behind: undefined,
        start: () => {
          timer.cancel();
          waiting.remove(place);
          this.#busy[lane]++;
          resolve();
        },
      };
      waiting.push(place);
      const timer = systemClock.setTimer(() => {
        waiting.remove(place);
        const message = 'All connections to the lock store were busy. Give it a larger `poolSize`, or check its load.';
        reject(new LockBackendError(message, { outcome: 'not-applied', transient: true }));
      }, this.patienceMs);
    });
  }

  #callNext(): void {
    for (const lane of ['holder', 'seeker'] as const) {
      const next = this.#waiting[lane].head;
      if (next && this.#isFree(lane)) {
        next.start();
        return;
      }
    }
  }
}

interface Place extends FifoEntry<Place> {
  readonly start: () => void;
}
