import { type Connection, createConnection, createPool, type QueryValues } from 'mysql2';
import type { Database, DatabaseSettings } from './database.js';

export async function openMariadb({ url, connections }: DatabaseSettings): Promise<Database> {
  if (connections === 1) {
    const connection = createConnection(url);
    const run = runOn(connection);
    await run({ name: 'connect', text: 'SELECT 1' });
    return {
      run,
      borrow: () => Promise.resolve({ run, giveBack: () => undefined }),
      close: () => ended(connection),
    };
  }
  const pool = createPool({ uri: url, connectionLimit: connections });
  return {
    run: runOn(pool),
    borrow: () =>
      new Promise((resolve, reject) => {
        pool.getConnection((error, connection) => {
          if (error) reject(error);
          else resolve({ run: runOn(connection), giveBack: () => connection.release() });
        });
      }),
    close: () => ended(pool),
  };
}

/** By callbacks: the promises of mysql2 cost more than one of our own. */
function runOn(connection: Pick<Connection, 'execute'>): Database['run'] {
  return ({ text }, values = []) =>
    new Promise((resolve, reject) => {
      connection.execute({ sql: text, values: values as QueryValues, rowsAsArray: true }, (error, result) => {
        if (error) reject(error);
        else resolve(result);
      });
    });
}

function ended(connection: { end(done: (error: Error | null) => void): void }): Promise<void> {
  return new Promise((resolve, reject) => connection.end((error) => (error ? reject(error) : resolve())));
}
