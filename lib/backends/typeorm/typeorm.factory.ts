import type { DataSource } from 'typeorm';
import type { LockBackend } from '../../core/backend.js';
import { checkKnown } from '../../core/check-known.js';
import { LockOptionsError } from '../../core/errors.js';
import { decoded } from '../../core/url-text.js';
import { checkedTable } from '../../sql/table-name.js';
import type { ServerOptions } from './server.js';
import { serverDialect, SERVER_SETTINGS, type ServerOwnOptions } from './server.options.js';
import { SqlBackend } from './sql.backend.js';
import { readServerUrl, URL_FORMS } from './sql.url.js';
import { checkedFile, sqlite } from './sqlite.factory.js';
import { SqliteDialect } from './sqlite/sqlite.dialect.js';

export type TypeOrmOptions = ServerOwnOptions &
  (
    | {
        /**
         * Locks in the application's database, over connections of our own to it: a lock must not wait for, or roll back
         * with, the application's transactions, nor for a free connection of its pool. The DataSource is only read, and
         * need not be initialised. A SQLite file is switched to WAL for good.
         */
        readonly dataSource: DataSource;
      }
    | {
        /** Options of a DataSource, of which only those count that say how to reach the server. */
        readonly connection: ServerOptions;
      }
    | {
        /**
         * `postgres://user:password@host:5432/database`, `mysql://…`, `mariadb://…`, with our options in its query and
         * `?sslmode=require` for TLS; `sqlite:./locks.db`, `sqlite:/var/lib/shop/locks.db`, optionally `?synchronous=full`.
         */
        readonly url: string;
      }
  );

const SOURCES = ['dataSource', 'connection', 'url'];
const SERVERS: readonly unknown[] = ['postgres', 'mysql', 'mariadb'];
const SUPPORTED = 'Supported are PostgreSQL, MySQL, MariaDB and SQLite (better-sqlite3).';

/**
 * Locks in a SQL database through TypeORM: PostgreSQL ≥ 13 (needs `pg`), MySQL ≥ 8 and MariaDB ≥ 10.6 (`mysql2`), SQLite
 * (`better-sqlite3`).
 *
 * @throws LockOptionsError for an engine that is not supported, and for options that are unknown or out of bounds
 */
export function typeorm(options: TypeOrmOptions): LockBackend {
  checkKnown(options, [...SOURCES, ...SERVER_SETTINGS, 'onWarning']);
  const given = options as unknown as ServerOwnOptions & Readonly<Record<string, unknown>>;
  const [source, ...more] = SOURCES.filter((name) => given[name] !== undefined);
  if (source === undefined || more.length > 0) {
    throw new LockOptionsError('dataSource', 'or `connection` or `url` must be given, and only one of them.');
  }
  const { dataSource, connection, url, ...own } = given;
  if (source === 'url') return fromUrl(url, own);
  const described = source === 'dataSource' ? (Object(dataSource) as { options?: unknown }).options : connection;
  return fromOptions(described, own, source);
}

function fromOptions(options: unknown, own: ServerOwnOptions, source: string): LockBackend {
  const { type, database, driver, nativeBinding, key } = Object(options) as Record<string, unknown>;
  if (typeof type !== 'string') throw new LockOptionsError(source, 'must be of TypeORM.');
  if (SERVERS.includes(type)) return new SqlBackend(serverDialect(options as ServerOptions, own));
  if (type !== 'better-sqlite3') throw new LockOptionsError(source, `is for ${type}. ${SUPPORTED}`);
  checkKnown(own, ['table']);
  const given = Object.entries({ driver, nativeBinding, key }).filter(([, value]) => value !== undefined);
  const dialect = new SqliteDialect({
    file: checkedFile(database, source),
    table: checkedTable(own.table),
    synchronous: 'normal',
    driverOptions: Object.fromEntries(given),
  });
  return new SqlBackend(dialect);
}

function fromUrl(url: unknown, own: ServerOwnOptions): LockBackend {
  if (typeof url !== 'string') throw new LockOptionsError('url', 'must be a string.');
  const server = readServerUrl(url);
  if (server) return new SqlBackend(serverDialect(server.connection, { ...server.own, ...own }));
  const [, scheme, path, query] = /^([a-z][a-z0-9+.-]*):([^?#]*)(?:\?([^#]*))?$/i.exec(url) ?? [];
  // Not the URL itself: it may carry a password.
  if (scheme === undefined || path === undefined)
    throw new LockOptionsError('url', `is no URL. The forms are ${URL_FORMS}.`);
  if (scheme.toLowerCase() !== 'sqlite') throw new LockOptionsError('url', `begins with ${scheme}:. ${SUPPORTED}`);
  if (/^\/\/[^/]/.test(path)) {
    throw new LockOptionsError('url', 'names a host. Write sqlite:./locks.db or sqlite:/absolute/locks.db.');
  }
  const given = Object.fromEntries(new URLSearchParams(query));
  return sqlite({ ...own, ...given, file: decoded(path.replace(/^\/\/\//, '/')) });
}
