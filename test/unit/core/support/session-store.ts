import type { AcquireRequest, Hold, HoldWatcher } from '../../../../lib/core/backend.js';
import { FaultyStore } from './faulty-store.js';

/** A store whose holds live as long as its session: no renewal, a deadline that moves by itself, a loss that is told. */
export class SessionStore extends FaultyStore {
  deadline = Infinity;
  /** How long the session lasts, in ms. */
  lengthMs = 10_000;
  #isOver = false;
  readonly #watchers = new Set<HoldWatcher>();

  /** Tells the holders that the session was cut off. */
  cut(why: Error): void {
    for (const watcher of this.#watchers) watcher.suspected(why);
  }

  /** Ends the session. */
  end(): void {
    this.#isOver = true;
    for (const watcher of this.#watchers) watcher.ended('session');
  }

  protected override wrap(hold: Hold, request: AcquireRequest): Hold {
    const { first, count, release } = super.wrap(hold, request);
    const now = (): number => this.deadline;
    const isOver = (): boolean => this.#isOver;
    return {
      first,
      count,
      release,
      grantedMs: this.lengthMs,
      watch: (watcher) => {
        this.#watchers.add(watcher);
      },
      get isLost() {
        return isOver();
      },
      get deadline() {
        return now();
      },
    };
  }
}
