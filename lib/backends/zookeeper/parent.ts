import type { Connection, Created } from './connection.js';
import { sequenceOf } from './lock-node.js';
import { makePersistent, unlessThere } from './nodes.js';
import { isRefusal } from './refusal.js';
import { remove } from './removal.js';
import type { Session } from './session.js';

/** What all keys of one store have in common. */
export interface Layout {
  readonly pathOf: (key: string) => string;
  /** Whether the server removes the parents of locks that nobody uses; `false` once it has said that it cannot. */
  containers: boolean;
  /** The server numbers up to 2^31 − 1, and then loses the order: so much earlier a queue begins anew. */
  readonly highestSequence: number;
}

interface Entered {
  readonly own: Created;
  readonly children: readonly string[] | undefined;
}

/** How often a parent may vanish between being made and being used. */
const ATTEMPTS = 10;

/** The node of a key, whose children are its queue. Nothing else may stand there: Curator counts every child. */
export class LockParent {
  constructor(
    readonly path: string,
    private readonly layout: Layout,
  ) {}

  /** Takes a place at the end, and tells who is there, if that was answered. */
  async enter(connection: Connection, prefix: string): Promise<Entered> {
    for (let attempt = 1; ; attempt++) {
      const creating = connection.create(`${this.path}/${prefix}`, 'EPHEMERAL_SEQUENTIAL');
      const listing = connection.children(this.path);
      // It is asked for again, and fails again, by then with a node that has a name.
      const listed = listing.catch(() => undefined);
      try {
        return { own: await creating, children: await listed };
      } catch (error) {
        if (!isRefusal(error, 'noNode') || attempt === ATTEMPTS) throw error;
        await this.#make(connection);
      }
    }
  }

  /** Who is there; nobody, where the node is gone. */
  async children(connection: Connection): Promise<readonly string[]> {
    try {
      return await connection.children(this.path);
    } catch (error) {
      if (isRefusal(error, 'noNode')) return [];
      throw error;
    }
  }

  /** Whether the queue has to begin anew before anybody takes another number. */
  isWornOut(name: string): boolean {
    // Beyond the highest one the server counts from the lowest negative one on.
    const sequence = sequenceOf(name);
    return sequence < 0 || sequence > this.layout.highestSequence;
  }

  /** @returns `false`: somebody is there */
  async remove(connection: Connection): Promise<boolean> {
    try {
      await connection.remove(this.path);
    } catch (error) {
      if (isRefusal(error, 'notEmpty')) return false;
      if (!isRefusal(error, 'noNode')) throw error;
    }
    return true;
  }

  /** @returns `false`: the node was gone */
  async leave(session: Session, path: string): Promise<boolean> {
    const removed = await remove(session, path);
    // Where the server does not do it. Nobody waits for that: the place is left.
    if (!this.layout.containers)
      session
        .live(Infinity)
        .then((connection) => this.remove(connection))
        .catch(() => undefined);
    return removed;
  }

  async #make(connection: Connection): Promise<void> {
    await makePersistent(connection, this.path.slice(0, this.path.lastIndexOf('/')));
    if (this.layout.containers) {
      try {
        await unlessThere(connection.create(this.path, 'CONTAINER'));
        return;
      } catch (error) {
        if (!isRefusal(error, 'unimplemented')) throw error;
        this.layout.containers = false;
      }
    }
    await makePersistent(connection, this.path);
  }
}
