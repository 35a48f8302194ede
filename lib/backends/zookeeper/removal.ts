import { setTimeout as sleep } from 'node:timers/promises';
import { isOf } from './lock-node.js';
import type { LockParent } from './parent.js';
import { isCut, isRefusal } from './refusal.js';
import type { Session } from './session.js';
import { zookeeperError } from './zookeeper.errors.js';

/*
 * A deletion whose answer was lost may have been done or not, and one that was refused for the moment has to be done: it is
 * repeated, over as many connections as it takes, until the node is gone, or the session, and the node with it.
 */

const SHORTEST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 2_000;

/**
 * @returns `false`: it was gone, or is gone with the session
 * @throws LockBackendError when the credentials do not allow it; it is tried again all the same
 */
export function remove(session: Session, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const refused = (why: unknown): void => {
      if (isRefusal(why, 'noAuth')) reject(zookeeperError(why));
    };
    let leaving = session.left.leaving.get(path);
    if (!leaving) {
      leaving = removed(session, path, refused).finally(() => session.left.leaving.delete(path));
      session.left.leaving.set(path, leaving);
    }
    void leaving.then(resolve);
  });
}

async function removed(session: Session, path: string, refused: (why: unknown) => void): Promise<boolean> {
  let pauseMs = SHORTEST_PAUSE_MS;
  for (let isRepeated = false; ; isRepeated = true) {
    try {
      const connection = await session.live(Infinity);
      await connection.remove(path);
      return true;
    } catch (error) {
      if (session.over.aborted) return false;
      if (isRefusal(error, 'noNode')) return isRepeated;
      if (isCut(error)) continue;
      refused(error);
      await sleep(pauseMs, undefined, { ref: false });
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
  }
}

/** Leaves a place in a queue for so many ms, or as long as the session lasts. */
export function leaveLater(session: Session, parent: LockParent, path: string, inMs: number): void {
  const leave = async (): Promise<void> => {
    await sleep(inMs, undefined, { ref: false, signal: session.over });
    session.left.kept.delete(path);
    await parent.leave(session, path);
  };
  session.left.kept.add(path);
  // With the session the node has gone as well.
  leave().catch(() => undefined);
}

/** Deletes whatever stands in a key's queue for an owner. */
export async function sweep(session: Session, parent: LockParent, owner: string): Promise<void> {
  for (;;) {
    // Where no session has begun there is nothing to be sure of.
    const connection = await session.live(session.identity && Infinity);
    try {
      const names = (await parent.children(connection)).filter((name) => isOf(owner, name));
      const paths = names.map((name) => `${parent.path}/${name}`).filter((path) => !session.left.kept.has(path));
      await Promise.all(paths.map((path) => remove(session, path)));
      return;
    } catch (error) {
      if (!isCut(error)) throw error;
    }
  }
}
