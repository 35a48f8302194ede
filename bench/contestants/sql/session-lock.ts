import { engineOf, openDatabase } from '../../sql/database.js';
import type { Contestant, ContestantSettings } from '../../support/contestant.js';

const STATEMENTS = {
  postgres: {
    lock: { name: 'lock', text: 'SELECT pg_advisory_lock(hashtextextended(?, 0))' },
    unlock: { name: 'unlock', text: 'SELECT pg_advisory_unlock(hashtextextended(?, 0))' },
  },
  mariadb: {
    lock: { name: 'lock', text: 'SELECT GET_LOCK(?, 60)' },
    unlock: { name: 'unlock', text: 'SELECT RELEASE_LOCK(?)' },
  },
};

/** The server's own locks, which belong to a connection: whoever waits needs one. Nothing is written to the disk. */
export async function open({ url, waitMs, poolSize = 25 }: ContestantSettings): Promise<Contestant> {
  const { lock, unlock } = STATEMENTS[engineOf(url)];
  const database = await openDatabase({ url, connections: poolSize, lockWaitMs: waitMs });
  return {
    acquire: async (key) => {
      const session = await database.borrow();
      await session.run(lock, [key]);
      return async () => {
        await session.run(unlock, [key]);
        session.giveBack();
        return true;
      };
    },
    close: () => database.close(),
  };
}
