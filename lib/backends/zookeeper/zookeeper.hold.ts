import type { Hold, HoldWatcher, ReleaseRequest } from '../../core/backend.js';
import type { Connection } from './connection.js';
import type { LockParent } from './parent.js';
import { leaveLater } from './removal.js';
import type { Session } from './session.js';
import type { Tenant } from './tenants.js';

/** Bits of a token that count the turns of one grant: 2^12 of them, beside the 51 bits that are left of a czxid. */
const TURN_BITS = 12n;
export const MAX_TURNS = 2 ** Number(TURN_BITS);

/** A key that the session of this process holds, by a node that lives as long as the session. */
export class ZookeeperHold implements Hold, Tenant {
  readonly first: bigint;
  readonly count: number;
  readonly grantedMs: number;
  isLost = false;
  #watcher: HoldWatcher | undefined;
  #watchedOn: Connection | undefined;
  #released: Promise<boolean> | undefined;

  constructor(
    private readonly session: Session,
    private readonly parent: LockParent,
    private readonly path: string,
    { czxid, turns }: { readonly czxid: bigint; readonly turns: number },
    /** Told when it holds nothing any more. */
    private readonly onEnd: () => void,
  ) {
    this.first = czxid << TURN_BITS;
    this.count = turns;
    this.grantedMs = session.lengthMs;
    session.tenants.add(this);
  }

  get deadline(): number {
    return this.session.deadline;
  }

  watch(watcher: HoldWatcher): void {
    this.#watcher = watcher;
  }

  release({ keepMs }: ReleaseRequest): Promise<boolean> {
    return (this.#released ??= this.#release(keepMs).then(
      (released) => {
        this.#released = Promise.resolve(false);
        return released;
      },
      (error: unknown) => {
        this.#released = undefined;
        throw error;
      },
    ));
  }

  /** One that lasts is watched: somebody may delete its node, and it would be the only one not to know. */
  onBeat(connection: Connection): void {
    if (this.#watchedOn === connection) return;
    this.#watchedOn = connection;
    connection.onGone(this.path, (trouble) => {
      // By ourselves, mostly.
      if (!trouble && !this.#released) this.#end('taken');
    });
  }

  onCut(why: unknown): void {
    this.#watcher?.suspected(why);
  }

  onOver(): void {
    this.#end('session');
  }

  async #release(keepMs: number | undefined): Promise<boolean> {
    this.#leave();
    if (this.session.over.aborted) return false;
    if (keepMs === undefined || keepMs <= 0) return await this.parent.leave(this.session, this.path);
    leaveLater(this.session, this.parent, this.path, keepMs);
    return true;
  }

  #end(reason: 'session' | 'taken'): void {
    this.#leave();
    this.isLost = true;
    this.#watcher?.ended(reason);
  }

  #leave(): void {
    this.session.tenants.delete(this);
    this.onEnd();
  }
}
