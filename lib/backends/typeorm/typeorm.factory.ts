import type { DataSource } from 'typeorm';
import type { LockBackend } from '../../core/backend.js';
import { LockOptionsError } from '../../core/errors.js';
import { checkKnown } from '../../core/check-known.js';
import { SqlBackend } from './sql.backend.js';
import { checkedFile, sqlite } from './sqlite.factory.js';
import { SqliteDialect } from './sqlite/sqlite.dialect.js';
import { checkedTable } from './table-name.js';

export type TypeOrmOptions = { readonly table?: string | undefined } & (
  | {
      /**
       * Locks in the application's database, over a connection of our own to it: a lock must not wait for, or roll
       * back with, the application's transactions. The DataSource is only read, and need not be initialised.
       * A SQLite file is switched to WAL for good.
       */
      readonly dataSource: DataSource;
    }
  | {
      /** `sqlite:./locks.db`, `sqlite:/var/lib/shop/locks.db`; optionally `?synchronous=full`. */
      readonly url: string;
    }
);

const SUPPORTED = 'Supported is SQLite (better-sqlite3); PostgreSQL and MySQL come in a later release.';

/**
 * Locks in a SQL database through TypeORM.
 *
 * @throws LockOptionsError for an engine that is not supported, and for options that are unknown or out of bounds
 */
export function typeorm(options: TypeOrmOptions): LockBackend {
  checkKnown(options, ['dataSource', 'url', 'table']);
  const { dataSource, url, table } = options as { dataSource?: unknown; url?: unknown; table?: string };
  if ((dataSource === undefined) === (url === undefined)) {
    throw new LockOptionsError('dataSource', 'or `url` must be given, and not both.');
  }
  return url === undefined ? fromDataSource(dataSource, table) : fromUrl(url, table);
}

function fromDataSource(dataSource: unknown, table: string | undefined): LockBackend {
  const { options } = Object(dataSource) as { options?: unknown };
  const { type, database, driver, nativeBinding, key } = Object(options) as Record<string, unknown>;
  if (typeof type !== 'string') throw new LockOptionsError('dataSource', 'must be a DataSource of TypeORM.');
  if (type !== 'better-sqlite3') throw new LockOptionsError('dataSource', `is for ${type}. ${SUPPORTED}`);
  const given = Object.entries({ driver, nativeBinding, key }).filter(([, value]) => value !== undefined);
  const dialect = new SqliteDialect({
    file: checkedFile(database, 'dataSource'),
    table: checkedTable(table),
    synchronous: 'normal',
    driverOptions: Object.fromEntries(given),
  });
  return new SqlBackend(dialect);
}

function fromUrl(url: unknown, table: string | undefined): LockBackend {
  if (typeof url !== 'string') throw new LockOptionsError('url', 'must be a string.');
  const [, scheme, path, query] = /^([a-z][a-z0-9+.-]*):([^?#]*)(?:\?([^#]*))?$/i.exec(url) ?? [];
  // Not the URL itself: it may carry a password.
  if (scheme === undefined || path === undefined) throw new LockOptionsError('url', `is no URL. ${SUPPORTED}`);
  if (scheme.toLowerCase() !== 'sqlite') throw new LockOptionsError('url', `begins with ${scheme}:. ${SUPPORTED}`);
  if (/^\/\/[^/]/.test(path)) {
    throw new LockOptionsError('url', 'names a host. Write sqlite:./locks.db or sqlite:/absolute/locks.db.');
  }
  const given = Object.fromEntries(new URLSearchParams(query));
  return sqlite({ table, ...given, file: decoded(path.replace(/^\/\/\//, '/')) });
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw new LockOptionsError('url', 'has a % that encodes nothing: write %25.', { cause });
  }
}
