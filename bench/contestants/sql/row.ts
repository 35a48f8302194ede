import { randomUUID } from 'node:crypto';
import { openDatabase } from '../../sql/database.js';
import type { Contestant, ContestantSettings } from '../../support/contestant.js';

const INSERT = {
  name: 'insert',
  text: 'INSERT INTO bare (name, owner, first_token, last_token, expires_at) VALUES (?, ?, ?, ?, ?)',
};
const DELETE = { name: 'delete', text: 'DELETE FROM bare WHERE name = ? AND owner = ?' };

/** The least that a lock in a table can cost: a row goes in, the row goes out. For keys that nobody else wants. */
export async function open({ url, leaseMs, poolSize = 1 }: ContestantSettings): Promise<Contestant> {
  const database = await openDatabase({ url, connections: poolSize });
  return {
    acquire: async (key) => {
      const owner = randomUUID();
      const now = Date.now();
      await database.run(INSERT, [key, owner, now * 1000, now * 1000 + 63, now + leaseMs]);
      return async () => {
        await database.run(DELETE, [key, owner]);
        return true;
      };
    },
    close: () => database.close(),
  };
}
