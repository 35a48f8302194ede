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
const LONGEST_PAUSE_MS = 1_000;

/**
 * @returns `false`: it was gone, or is gone with the session
 * @throws LockBackendError when the credentials do not allow it
 */
export async function remove(session: Session, path: string): Promise<boolean> {
  let pauseMs = SHORTEST_PAUSE_MS;
  for (let isRepeated = false; ; isRepeated = true) {
    try {
      const connection = await session.live(Infinity);
      await connection.remove(path);
      return true;
    } catch (error) {
      if (session.over.aborted) return false;
      if (isRefusal(error, 'noNode')) return isRepeated;
      if (isRefusal(error, 'noAuth')) throw zookeeperError(error);
      if (isCut(error)) continue;
      await sleep(pauseMs, undefined, { ref: false });
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
  }
}

/** Leaves a place in a queue for so many ms, or as long as the session lasts. */
export function leaveLater(session: Session, parent: LockParent, path: string, inMs: number): void {
  const leave = async (): Promise<void> => {
    await sleep(inMs, undefined, { ref: false, signal: session.over });
    session.kept.delete(path);
    await parent.leave(session, path);
  };
  session.kept.add(path);
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
      const paths = names.map((name) => `${parent.path}/${name}`).filter((path) => !session.kept.has(path));
      await Promise.all(paths.map((path) => remove(session, path)));
      return;
    } catch (error) {
      if (!isCut(error)) throw error;
    }
  }
}
