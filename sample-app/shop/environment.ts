import type { Mode } from '../orders/place-order.message.js';

/** What the environment must say, checked at boot: a shop with half a configuration does not open. */
export interface Environment {
  /** Where stock and orders are: `sqlite:<file>`, or the URL of a PostgreSQL, MySQL or MariaDB. */
  readonly DATABASE_URL: string;
  /** Where the locks are: any URL that LockModule knows. */
  readonly LOCK_URL: string;
  /** Where this process listens, on 127.0.0.1. */
  readonly PORT: number;
  /** Gateway: where the order workers listen, `port,port,…`. */
  readonly WORKER_PORTS: readonly number[];
  /** Gateway: `locked` sells as it should be, the others show what happens without the guard, and without the lock. */
  readonly MODE: Mode;
}

const DATABASE = /^(sqlite:.+|(postgres|postgresql|mysql|mariadb):\/\/.+)/;

export function readEnvironment(env: Record<string, unknown>): Environment {
  return {
    DATABASE_URL: readText(env, 'DATABASE_URL', DATABASE, 'sqlite:<file>, postgres://…, mysql://… or mariadb://…'),
    LOCK_URL: readText(env, 'LOCK_URL', /^[a-z]+:/, 'a URL, for example sqlite:<file>'),
    PORT: Number(readText(env, 'PORT', /^\d+$/, 'a port', '0')),
    WORKER_PORTS: readText(env, 'WORKER_PORTS', /^(\d+(,\d+)*)?$/, 'ports, separated by commas', '')
      .split(',')
      .filter((port) => port !== '')
      .map(Number),
    MODE: readText(env, 'MODE', /^(locked|unguarded|unlocked)$/, 'locked, unguarded or unlocked', 'locked') as Mode,
  };
}

/** Names the variable and the form, never the value: it may carry a password. */
function readText(env: Record<string, unknown>, name: string, form: RegExp, expected: string, preset?: string): string {
  const value = env[name] ?? preset;
  if (typeof value === 'string' && form.test(value)) return value;
  throw new Error(`${name} must be ${expected}.`);
}
