import { lockTableDdl } from 'nestjs-locked/typeorm';
import { SqlServer } from '../../test/support/sql-server.js';
import type { SqlEngine } from '../../test/support/sql-engines.js';

/** Enough for a connection per waiter. */
const CONNECTIONS = '200';

/**
 * Does `work` on a server of its own with the engine's defaults, which syncs every commit to the disk. All come as
 * administrator: Verrou makes its own table.
 */
export async function onSql<T>(engine: SqlEngine, work: (url: string) => Promise<T>): Promise<T> {
  const server = await SqlServer.start(engine, { config: { max_connections: CONNECTIONS }, syncs: true });
  try {
    for (const table of ['nestjs_locked', 'bare']) await server.createTable(lockTableDdl(engine, table), table);
    return await work(server.adminUrl);
  } finally {
    await server.stop();
  }
}
