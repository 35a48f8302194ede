import { type AcquireRequest, type Busy, type Hold } from '../../core/backend.js';
import type { Connection, Created } from './connection.js';
import { aheadOf, isOf, namePrefix, sequenceOf } from './lock-node.js';
import type { LockParent } from './parent.js';
import { isCut } from './refusal.js';
import { remove, sweep } from './removal.js';
import type { Session } from './session.js';
import type { Sessions } from './sessions.js';
import { zookeeperError } from './zookeeper.errors.js';
import { MAX_TURNS, ZookeeperHold } from './zookeeper.hold.js';

const BUSY: Busy = { busy: true };

/** How long a list of the queue is relied on, in ms: in the meantime an administrator may have deleted our node. */
const LISTED_MS = 20;

/**
 * One request's way to the key: a node at the end of the queue, which waits for the one before it to be deleted, and for
 * nothing else (https://zookeeper.apache.org/doc/current/recipes.html, "Locks"). Node and list are asked for together:
 * answers come in order, so the list has the node.
 */
export class Place {
  readonly settled: Promise<Hold | Busy>;
  #session: Session;
  #hold: ZookeeperHold | undefined;
  #own: Created | undefined;
  /** Whether a node may be there whose name was never told. */
  #isUnsure = false;
  #isLeft = false;
  #isQueued = false;
  #interrupt: (() => void) | undefined;

  /** @param onEnd told when it neither waits nor holds any more */
  constructor(
    private readonly sessions: Sessions,
    private readonly parent: LockParent,
    private readonly request: AcquireRequest,
    private readonly onEnd: () => void,
  ) {
    this.#session = sessions.present;
    this.settled = this.#acquire().then(
      (answer) => {
        if (!this.#hold) this.#withdraw();
        return answer;
      },
      (error: unknown) => {
        this.#withdraw();
        throw this.#session.over.aborted ? this.#session.over.reason : zookeeperError(error, this.request.key);
      },
    );
  }

  /** Gives back what it has, or will have. */
  async leave(): Promise<void> {
    this.#isLeft = true;
    this.#interrupt?.();
    await this.settled.catch(() => undefined);
    await this.#hold?.release({ used: 0 });
  }

  /** With a session its nodes have gone: whoever still waits takes a new place, in the next session. */
  async #acquire(): Promise<Hold | Busy> {
    for (;;) {
      try {
        return await this.#acquireInSession();
      } catch (error) {
        const successor = this.sessions.successorOf(this.#session);
        if (!successor || this.#isLeft || this.request.signal.aborted) throw error;
        this.#session = successor;
        this.#own = undefined;
        this.#isUnsure = false;
      }
    }
  }

  async #acquireInSession(): Promise<Hold | Busy> {
    let connection: Connection | undefined = await this.#session.live();
    for (;;) {
      try {
        const answer = await this.#attempt(connection);
        if (answer) return answer;
      } catch (error) {
        this.#isUnsure ||= this.#own === undefined;
        if (!isCut(error)) throw error;
        connection = await this.#unlessLeft<Connection>((resolve, reject) => {
          this.#session.live(Infinity).then(resolve, reject);
        });
        if (!connection) return BUSY;
      }
    }
  }

  /** @returns nothing when the node is gone, and another has to be made */
  async #attempt(connection: Connection): Promise<Hold | Busy | undefined> {
    let children: readonly string[] | undefined;
    if (this.#isUnsure) await this.#find(connection);
    if (!this.#own) {
      const entered = await this.parent.enter(connection, namePrefix(this.request.owner));
      this.#own = entered.own;
      children = entered.children;
    }
    if (this.parent.isWornOut(nameOf(this.#own))) return await this.#renewQueue(connection, this.#own);
    const answer = await this.#queue(connection, this.#own, children);
    if (!answer) this.#own = undefined;
    return answer;
  }

  async #queue(
    connection: Connection,
    own: Created,
    listed: readonly string[] | undefined,
  ): Promise<Hold | Busy | undefined> {
    for (let children = listed; ; children = undefined) {
      children ??= await this.parent.children(connection);
      const listedAt = performance.now();
      const name = nameOf(own);
      if (!children.includes(name)) return undefined;
      const { count, last } = aheadOf(name, children);
      if (last === undefined) return this.#grant(own);
      if (!(await this.#waitFor(connection, last))) return BUSY;
      if (count === 1 && performance.now() < listedAt + LISTED_MS) return this.#grant(own);
    }
  }

  /** @returns `false`: nobody waits any more */
  async #waitFor(connection: Connection, name: string): Promise<boolean> {
    const { mayWait, signal } = this.request;
    if (!mayWait || this.#isLeft || signal.aborted) return false;
    if (!this.#isQueued) this.request.onQueued?.();
    this.#isQueued = true;
    let stop: (() => void) | undefined;
    const isGone = await this.#unlessLeft<true>((resolve, reject) => {
      stop = connection.onGone(`${this.parent.path}/${name}`, (trouble) => {
        if (trouble) reject(trouble);
        else resolve(true);
      });
    });
    stop?.();
    return isGone ?? false;
  }

  /** Nobody takes another number until all who have one are gone, and the node with them. */
  async #renewQueue(connection: Connection, own: Created): Promise<Busy | undefined> {
    this.#own = undefined;
    await connection.remove(own.path);
    for (;;) {
      const [somebody] = await this.parent.children(connection);
      if (somebody === undefined && (await this.parent.remove(connection))) return undefined;
      if (somebody !== undefined && !(await this.#waitFor(connection, somebody))) return BUSY;
    }
  }

  /** The answer to a request was lost: its node bears the owner's name, if it is there. */
  async #find(connection: Connection): Promise<void> {
    const ours = (await this.parent.children(connection)).filter((child) => isOf(this.request.owner, child));
    for (const name of ours.sort((a, b) => sequenceOf(b) - sequenceOf(a))) {
      const path = `${this.parent.path}/${name}`;
      // Of a request before this one.
      if (this.#session.left.has(path)) continue;
      const node = await connection.find(path);
      if (!node) continue;
      if (this.#session.has(node)) this.#own ??= node;
      // Asked for in a session before this one, which may end at any time, and the node with it.
      else await remove(this.#session, node.path);
    }
    this.#isUnsure = false;
  }

  #grant({ path, czxid }: Created): Hold {
    // What was answered in the same breath may have been that it has ended.
    if (this.#session.isOver) throw this.#session.over.reason;
    const turns = Math.min(this.request.turns, MAX_TURNS);
    return (this.#hold = new ZookeeperHold(this.#session, this.parent, path, { czxid, turns }, this.onEnd));
  }

  /** Nothing was granted: no node of ours may stand in the way. */
  #withdraw(): void {
    this.onEnd();
    if (this.#session.over.aborted) return;
    if (this.#own) void this.parent.leave(this.#session, this.#own.path).catch(() => undefined);
    else if (this.#isUnsure) void sweep(this.#session, this.parent, this.request.owner).catch(() => undefined);
  }

  /** Settles with nothing when nobody waits any more. */
  async #unlessLeft<T>(
    begin: (resolve: (value: T) => void, reject: (why: unknown) => void) => void,
  ): Promise<T | undefined> {
    const { signal } = this.request;
    if (this.#isLeft || signal.aborted) return undefined;
    let leave: (() => void) | undefined;
    try {
      return await new Promise<T | undefined>((resolve, reject) => {
        this.#interrupt = leave = () => {
          resolve(undefined);
        };
        signal.addEventListener('abort', leave);
        begin(resolve, reject);
      });
    } finally {
      if (leave) signal.removeEventListener('abort', leave);
      this.#interrupt = undefined;
    }
  }
}

function nameOf({ path }: Created): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
