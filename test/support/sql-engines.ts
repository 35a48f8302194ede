import { MARIADB } from './mariadb-kind.js';
import { POSTGRES } from './postgres-kind.js';
import type { ServerKind } from './server-kind.js';
import { DATABASE, LOCKER } from './sql-accounts.js';

export type SqlEngine = 'postgres' | 'mariadb';

export interface SqlOptions {
  /** Settings of the server by name, beside or instead of what `startServer` sets: `{ max_connections: '20' }`. */
  readonly config?: Readonly<Record<string, string>>;
  /**
   * Wait for the disk at every commit, as in production. Without it data outlive a kill of the server all the same, and
   * a disk that others keep busy holds nobody up.
   */
  readonly syncs?: boolean;
}

/** What SQL servers do each in their own way. */
interface Engine {
  readonly kind: ServerKind;
  /** A setting as arguments of the program. */
  setting(name: string, value: string): string[];
  /** The setting by which it does not wait for the disk. */
  readonly withoutSync: Readonly<Record<string, string>>;
  /** Statements that let the locker in, and take from it what everybody may do. */
  readonly admitLocker: readonly string[];
}

export const ENGINES: Readonly<Record<SqlEngine, Engine>> = {
  postgres: {
    kind: POSTGRES,
    setting: (name, value) => ['-c', `${name}=${value}`],
    withoutSync: { fsync: 'off' },
    admitLocker: [
      `REVOKE ALL ON DATABASE ${DATABASE} FROM PUBLIC`,
      `REVOKE ALL ON SCHEMA public FROM PUBLIC`,
      `CREATE ROLE ${LOCKER.username} LOGIN PASSWORD '${LOCKER.password}'`,
      `GRANT CONNECT ON DATABASE ${DATABASE} TO ${LOCKER.username}`,
      `GRANT USAGE ON SCHEMA public TO ${LOCKER.username}`,
    ],
  },
  mariadb: {
    kind: MARIADB,
    setting: (name, value) => [`--${name}=${value}`],
    withoutSync: { 'debug-no-sync': 'on' },
    admitLocker: [`CREATE USER ${LOCKER.username} IDENTIFIED BY '${LOCKER.password}'`],
  },
};

/** A server of this engine with settings of its own. */
export function kindWith(engine: SqlEngine, { config, syncs = false }: SqlOptions = {}): ServerKind {
  const { kind, setting, withoutSync } = ENGINES[engine];
  const settings = Object.entries({ ...(syncs ? {} : withoutSync), ...config }).flatMap(([name, value]) =>
    setting(name, value),
  );
  return { ...kind, arguments: (port, folder) => [...kind.arguments(port, folder), ...settings] };
}
