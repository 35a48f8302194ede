import { provide } from './programs.js';
import type { Place, ProgramKind } from './server-kind.js';
import { ServerProgram } from './server-program.js';
import { DATABASE, LOCKER } from './sql-accounts.js';
import type { SqlServer } from './sql-server.js';

export interface PgBouncer {
  /** For the user with the least rights, through the bouncer. */
  readonly url: string;
  stop(): Promise<void>;
}

export interface PgBouncerOptions {
  /** Settings of pgbouncer.ini by name, beside or instead of those here: `{ default_pool_size: '1' }`. */
  readonly config?: Readonly<Record<string, string>>;
}

/** Starts a PgBouncer before a PostgreSQL: each transaction of a client gets any of two connections to the server. */
export async function startPgBouncer(
  { host, port, url }: SqlServer,
  { config = {} }: PgBouncerOptions = {},
): Promise<PgBouncer> {
  const kind = kindWith(`host=${host} port=${port}`, { ...DEFAULTS, ...config });
  const program = await provide(kind, process.env);
  if (!program) throw new Error(`This test needs PgBouncer (Debian: apt-get install ${kind.packages.join(' ')}).`);
  const bouncer = await ServerProgram.start(program, kind);
  const ours = new URL(url);
  ours.port = String(bouncer.port);
  return { url: ours.href, stop: () => bouncer.stop() };
}

const DEFAULTS = {
  listen_addr: '127.0.0.1',
  unix_socket_dir: '',
  auth_type: 'scram-sha-256',
  pool_mode: 'transaction',
  default_pool_size: '2',
};

const FILE = 'pgbouncer.ini';

function kindWith(server: string, config: Readonly<Record<string, string>>): ProgramKind {
  const prepare = async ({ port, write }: Place): Promise<void> => {
    // Hashed they would let clients in, but not the bouncer into the server.
    const users = await write('users.txt', `"${LOCKER.username}" "${LOCKER.password}"\n`);
    const settings = { ...config, listen_port: port, auth_file: users };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
    await write(FILE, ['[databases]', `${DATABASE} = ${server}`, '[pgbouncer]', ...lines, ''].join('\n'));
  };
  return {
    program: 'pgbouncer',
    packages: ['pgbouncer'],
    folders: ['/usr/sbin'],
    refusesRoot: true,
    ready: /process up/,
    prepare,
    // The folder is where it runs.
    arguments: () => [FILE],
  };
}
