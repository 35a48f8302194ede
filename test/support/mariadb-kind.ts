import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Place, ServerKind } from './server-kind.js';
import { ADMIN, DATABASE, sqlUrl } from './sql-accounts.js';

export const MARIADB: ServerKind = {
  variable: 'LOCKED_MARIADB_URL',
  program: 'mariadbd',
  packages: ['mariadb-server-core', 'mariadb-client-core'],
  folders: ['/usr/sbin'],
  refusesRoot: true,
  containerPort: 3306,
  ready: /ready for connections/,
  prepare,
  arguments: (port, folder) => [
    ...['--no-defaults', `--datadir=${join(folder, 'data')}`, `--tmpdir=${folder}`, `--init-file=${setUp(folder)}`],
    ...[`--port=${port}`, '--bind-address=127.0.0.1', `--socket=${join(folder, 'socket')}`, '--skip-name-resolve'],
  ],
  url: (port) => sqlUrl('mariadb', ADMIN, port),
};

/** Run at every start before anybody is let in. */
const SET_UP = [
  `CREATE DATABASE IF NOT EXISTS ${DATABASE};`,
  `CREATE USER IF NOT EXISTS ${ADMIN.username} IDENTIFIED BY '${ADMIN.password}';`,
  `GRANT ALL ON *.* TO ${ADMIN.username} WITH GRANT OPTION;`,
];

const SET_UP_FILE = 'set-up.sql';

function setUp(folder: string): string {
  return join(folder, SET_UP_FILE);
}

async function prepare({ folder, write, run }: Place): Promise<void> {
  const data = join(folder, 'data');
  if (existsSync(data)) return;
  await write(SET_UP_FILE, `${SET_UP.join('\n')}\n`);
  await run('mariadb-install-db', [
    ...['--no-defaults', `--datadir=${data}`, '--skip-test-db'],
    // By socket only: otherwise root gets in from this machine without a password.
    '--auth-root-authentication-method=socket',
  ]);
}
