import { type Locker, LockTimeoutError } from 'nestjs-locked/core';
import type { Contestant } from './contestant.js';

/** A locker as benches use it, whatever its store is. */
export function asContestant(locks: Locker): Contestant {
  return {
    acquire: async (key) => {
      try {
        const lease = await locks.acquire(key);
        return Object.assign(async () => (await lease.release()).released, { token: lease.token });
      } catch (error) {
        if (error instanceof LockTimeoutError) return undefined;
        throw error;
      }
    },
    close: () => locks.close(),
  };
}
