import type { AcquireRequest, Hold } from '../../../../lib/core/backend.js';
import { FaultyStore } from './faulty-store.js';

/** A store whose holds live as long as its session: no renewal, a deadline that moves by itself, a loss that is told. */
export class SessionStore extends FaultyStore {
  readonly session = new AbortController();
  deadline = Infinity;

  protected override wrap(hold: Hold, request: AcquireRequest): Hold {
    const store = this;
    const { renew: _, ...rest } = super.wrap(hold, request);
    return {
      ...rest,
      lost: this.session.signal,
      get deadline() {
        return store.deadline;
      },
    };
  }
}
