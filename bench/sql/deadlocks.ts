import { withSql } from '../../test/support/with-sql.js';
import { engineOf } from './database.js';

const COUNTS = {
  postgres: 'SELECT sum(deadlocks) AS n FROM pg_stat_database',
  mariadb: `SELECT variable_value AS n FROM information_schema.global_status WHERE variable_name = 'INNODB_DEADLOCKS'`,
};

/** How many deadlocks the server has resolved: who repeats its statements hides them. Ask once all have disconnected. */
export function deadlocksOn(url: string): Promise<number> {
  return withSql(url, async (query) => {
    const [row] = await query(COUNTS[engineOf(url)]);
    const deadlocks = Number(row?.['n'] ?? NaN);
    if (Number.isNaN(deadlocks)) throw new Error('the server does not tell how many deadlocks there were');
    return deadlocks;
  });
}
