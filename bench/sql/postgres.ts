import pg from 'pg';
import type { Database, DatabaseSettings, Statement } from './database.js';

type Queryable = Pick<pg.Client, 'query'>;

export async function openPostgres({ url, connections, lockWaitMs }: DatabaseSettings): Promise<Database> {
  const config = { connectionString: url, ...(lockWaitMs === undefined ? {} : { lock_timeout: lockWaitMs }) };
  if (connections === 1) {
    const client = new pg.Client(config);
    await client.connect();
    const run = runOn(client);
    return { run, borrow: () => Promise.resolve({ run, giveBack: () => undefined }), close: () => client.end() };
  }
  const pool = new pg.Pool({ ...config, max: connections });
  return {
    run: runOn(pool),
    borrow: async () => {
      const client = await pool.connect();
      return { run: runOn(client), giveBack: () => client.release() };
    },
    close: () => pool.end(),
  };
}

const numbered = new Map<string, string>();

function runOn(connection: Queryable | Pick<pg.Pool, 'query'>): Database['run'] {
  return ({ name, text }: Statement, values = []) => {
    let own = numbered.get(text);
    if (own === undefined) {
      let count = 0;
      own = text.replaceAll('?', () => `$${String(++count)}`);
      numbered.set(text, own);
    }
    return connection.query({ name, text: own, values: [...values], rowMode: 'array' });
  };
}
