import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Place, ServerKind } from './server-kind.js';
import { ADMIN, DATABASE, sqlUrl } from './sql-accounts.js';

export const POSTGRES: ServerKind = {
  variable: 'LOCKED_POSTGRES_URL',
  program: 'postgres',
  packages: ['postgresql'],
  folders: ['/usr/lib/postgresql/*/bin'],
  refusesRoot: true,
  containerPort: 5432,
  ready: /database system is ready to accept connections/,
  prepare,
  arguments: (port, folder) => [
    ...['-D', dataFolder(folder), '-p', String(port)],
    ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    // Not in /dev/shm, where it would outlive a kill.
    ...['-c', 'dynamic_shared_memory_type=mmap'],
  ],
  started: forgetSharedMemory,
  url: (port) => sqlUrl('postgres', ADMIN, port),
};

/** Below the server's folder, for initdb wants to find nothing where it puts the data. */
function dataFolder(folder: string): string {
  return join(folder, 'data');
}

async function prepare({ program, folder, write, run }: Place): Promise<void> {
  const data = dataFolder(folder);
  if (existsSync(data)) return;
  const password = await write('password', ADMIN.password);
  await run(join(dirname(program), 'initdb'), [
    ...['-D', data, '--no-sync', '--encoding=UTF8', '--locale=C'],
    ...[`--username=${ADMIN.username}`, `--pwfile=${password}`, '--auth=scram-sha-256'],
  ]);
  await run(program, ['--single', '-D', data, 'postgres'], `CREATE DATABASE ${DATABASE}\n`);
}

/**
 * Has the system remove the block of shared memory that marks the data as in use with the last process that holds it:
 * after a kill it would stay for good, and a system has room for some thousands of them.
 */
async function forgetSharedMemory(folder: string): Promise<void> {
  const pidFile = await readFile(join(dataFolder(folder), 'postmaster.pid'), 'utf8');
  const id = /^ *\d+ +(\d+) *$/m.exec(pidFile)?.[1];
  if (id) await promisify(execFile)('ipcrm', ['-m', id]);
}
