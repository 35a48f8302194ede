import { setImmediate } from 'node:timers/promises';
import type { AcquireRequest, Busy, Hold, LockBackend } from '../../core/backend.js';
import { type Layout, LockParent } from './parent.js';
import { Place } from './place.js';
import { sweep } from './removal.js';
import type { SessionSettings } from './session.js';
import { Sessions } from './sessions.js';
import { MAX_TURNS } from './zookeeper.hold.js';

/** Locks of a ZooKeeper ensemble, by Curator's recipe and with Curator's names, in one session of this process. */
export class ZookeeperBackend implements LockBackend {
  readonly name = 'zookeeper';
  readonly waits = true;
  readonly maxTurns = MAX_TURNS;
  readonly #sessions: Sessions;
  /** By owner: who asks again is told the same. */
  readonly #places = new Map<string, Place>();

  constructor(
    settings: SessionSettings,
    private readonly layout: Layout,
  ) {
    this.#sessions = new Sessions(settings);
  }

  acquire(request: AcquireRequest): Promise<Hold | Busy> {
    const { key, owner } = request;
    const known = this.#places.get(owner);
    if (known) return known.settled;
    const place = new Place(this.#sessions, this.#parentOf(key), request, () => {
      if (this.#places.get(owner) === place) this.#places.delete(owner);
    });
    this.#places.set(owner, place);
    return place.settled;
  }

  async abandon(key: string, owner: string): Promise<void> {
    const place = this.#places.get(owner);
    if (place) await place.leave();
    else await sweep(this.#sessions.present, this.#parentOf(key), owner);
  }

  async ping(): Promise<void> {
    await this.#sessions.present.beat();
  }

  async close(): Promise<void> {
    // What was given back in this tick is still on its way.
    await setImmediate();
    await this.#sessions.close();
  }

  #parentOf(key: string): LockParent {
    return new LockParent(this.layout.pathOf(key), this.layout);
  }
}
