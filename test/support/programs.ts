import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import type { ProgramKind } from './server-kind.js';

/** How a program is found, and what it comes in. */
export type Findable = Pick<ProgramKind, 'program' | 'packages' | 'files' | 'folders'>;

/** Full path of a program, which is installed where that is possible and allowed. */
export async function provide(kind: Findable, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return find(kind, env) ?? ((await installPackages(kind.packages, env)) ? find(kind, env) : undefined);
}

function find({ program, files = [], folders }: Findable, env: NodeJS.ProcessEnv): string | undefined {
  return files.every((file) => existsSync(file)) ? locate(program, env, folders) : undefined;
}

/** Full path of a program on the PATH, or else in one of further folders. */
export function locate(program: string, env: NodeJS.ProcessEnv, further: readonly string[] = []): string | undefined {
  const onPath = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const folders = [...onPath, ...further.flatMap(versions)];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

/** The folders that a pattern with a `*` for a version stands for, the highest version first. */
function versions(pattern: string): string[] {
  const [parent = '', rest] = pattern.split('*');
  if (rest === undefined) return [pattern];
  try {
    const names = readdirSync(parent).sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
    return names.map((name) => join(parent, name, rest));
  } catch {
    return [];
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Brings Debian packages, where that is possible and allowed; answers whether they are there now. */
export async function installPackages(packages: readonly string[], env: NodeJS.ProcessEnv): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const child = spawn('/bin/sh', [resolve('scripts/apt-install.sh'), ...packages], { env, stdio: ['ignore', 2, 2] });
  const [code] = (await once(child, 'close')) as [number | null];
  return code === 0;
}
