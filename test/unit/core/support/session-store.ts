import type { AcquireRequest, Hold } from '../../../../lib/core/backend.js';
import { FaultyStore } from './faulty-store.js';

/** A store whose holds live as long as its session: no renewal, a deadline that moves by itself, a loss that is told. */
export class SessionStore extends FaultyStore {
  readonly session = new AbortController();
  deadline = Infinity;
  /** Tells the holders that the session was cut off. */
  cut: (why: Error) => void = () => undefined;

  protected override wrap(hold: Hold, request: AcquireRequest): Hold {
    const { first, count, release } = super.wrap(hold, request);
    const now = (): number => this.deadline;
    return {
      first,
      count,
      release,
      lost: this.session.signal,
      onSuspect: (listener) => {
        this.cut = listener;
      },
      get deadline() {
        return now();
      },
    };
  }
}
