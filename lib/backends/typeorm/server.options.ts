import { LockOptionsError } from '../../core/errors.js';
import { checkedTable } from '../../sql/table-name.js';
import { MysqlDialect } from './mysql/mysql.dialect.js';
import type { Dialect } from './lock-table.js';
import { PostgresDialect } from './postgres/postgres.dialect.js';
import type { ServerOptions } from './server.js';

/** What a store on a database server may be told; all of it also as parameters of a URL, but `onWarning`. */
export interface ServerOwnOptions {
  /** Default `nestjs_locked`. */
  readonly table?: string | undefined;
  /** PostgreSQL: the schema of the table; default: the connection's, or the first of the search path. */
  readonly schema?: string | undefined;
  /** Make the table when it is missing; needs the right to. Default `false`: a migration or the DDL makes it. */
  readonly createTable?: boolean | undefined;
  /** Connections for locks alone, 2 to 100; default 5. One is kept free for renewals and releases. */
  readonly poolSize?: number | undefined;
  /**
   * PostgreSQL: where to LISTEN, when the statements go through a pooler in transaction mode: a URL of the server itself.
   * `false`: waiters poll.
   */
  readonly listen?: string | boolean | undefined;
  /** Told what is wrong with the server's configuration; default `process.emitWarning`. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

export const SERVER_SETTINGS = ['table', 'schema', 'createTable', 'poolSize', 'listen'];

const POOL_SIZE = 5;

/** @throws LockOptionsError naming the option that is out of bounds */
export function serverDialect(connection: ServerOptions, own: ServerOwnOptions): Dialect {
  const { table, schema, createTable = false, poolSize = POOL_SIZE, listen = true, onWarning = warn } = own;
  if (typeof createTable !== 'boolean') throw new LockOptionsError('createTable', 'must be true or false.');
  if (!Number.isInteger(poolSize) || poolSize < 2 || poolSize > 100) {
    throw new LockOptionsError('poolSize', 'must be a whole number from 2 to 100.');
  }
  if (typeof onWarning !== 'function') throw new LockOptionsError('onWarning', 'must be a function.');
  const settings = { table: checkedTable(table), createTable, poolSize, onWarning };
  if (connection.type !== 'postgres') {
    const foreign = own.schema === undefined ? (own.listen === undefined ? undefined : 'listen') : 'schema';
    if (foreign !== undefined) throw new LockOptionsError(foreign, 'is for PostgreSQL only.');
    return new MysqlDialect({ ...settings, connection });
  }
  if (typeof listen !== 'boolean' && !(/^postgres(ql)?:\/\//.test(listen) && URL.canParse(listen))) {
    throw new LockOptionsError('listen', 'must be true, false or a URL postgres://….');
  }
  const place = schema ?? connection.schema;
  const checkedSchema = place === undefined ? undefined : checkedTable(place, 'schema');
  return new PostgresDialect({ ...settings, connection, listen, schema: checkedSchema });
}

function warn(message: string): void {
  process.emitWarning(message, { type: 'LockWarning', code: 'NESTJS_LOCKED_SQL' });
}
