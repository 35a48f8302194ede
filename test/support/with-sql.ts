import { createConnection } from 'mysql2/promise';
import { Client } from 'pg';

/** A statement with the placeholders of its server, `$1` or `?`; answers its rows. */
export type Query = (sql: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;

/** Does something on a connection for this only. */
export function withSql<T>(url: string, work: (query: Query) => Promise<T>): Promise<T> {
  return url.startsWith('postgres:') ? withPostgres(url, work) : withMariadb(url, work);
}

async function withPostgres<T>(url: string, work: (query: Query) => Promise<T>): Promise<T> {
  const client = new Client(url);
  // What it would say is what the work's statements are rejected with.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(async (sql, values) => (await client.query<Record<string, unknown>>(sql, values)).rows);
  } finally {
    await client.end();
  }
}

async function withMariadb<T>(url: string, work: (query: Query) => Promise<T>): Promise<T> {
  const connection = await createConnection(url);
  connection.on('error', () => undefined);
  try {
    return await work(async (sql, values) => {
      const [rows] = await connection.query(sql, values);
      return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
    });
  } finally {
    connection.destroy();
  }
}
