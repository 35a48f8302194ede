/** What the environment must say, checked at boot: a shop with half a configuration does not open. */
export interface Environment {
  /** Where stock and orders are: `sqlite:<file>`. */
  readonly DATABASE_URL: string;
  /** Where the locks are: any URL that LockModule knows. */
  readonly LOCK_URL: string;
  /** Where this process listens, on 127.0.0.1. */
  readonly PORT: number;
  /** Gateway: where the order workers listen, `port,port,…`. */
  readonly WORKER_PORTS: readonly number[];
  /** Gateway: `true` sells under the lock, `false` shows what happens without it. */
  readonly LOCKED: boolean;
}

export function readEnvironment(env: Record<string, unknown>): Environment {
  return {
    DATABASE_URL: readText(env, 'DATABASE_URL', /^sqlite:.+/, 'sqlite:<file>'),
    LOCK_URL: readText(env, 'LOCK_URL', /^[a-z]+:/, 'a URL, for example sqlite:<file>'),
    PORT: Number(readText(env, 'PORT', /^\d+$/, 'a port', '0')),
    WORKER_PORTS: readText(env, 'WORKER_PORTS', /^(\d+(,\d+)*)?$/, 'ports, separated by commas', '')
      .split(',')
      .filter((port) => port !== '')
      .map(Number),
    LOCKED: readText(env, 'LOCKED', /^(true|false)$/, 'true or false', 'true') === 'true',
  };
}

/** Names the variable and the form, never the value: it may carry a password. */
function readText(env: Record<string, unknown>, name: string, form: RegExp, expected: string, preset?: string): string {
  const value = env[name] ?? preset;
  if (typeof value === 'string' && form.test(value)) return value;
  throw new Error(`${name} must be ${expected}.`);
}
