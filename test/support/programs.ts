import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import type { ServerKind } from './server-kinds.js';

/** Full path of a server's program, which is installed where that is possible and allowed. */
export async function provide(kind: ServerKind, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const there = locate(kind.program, env);
  if (there) return there;
  return (await installPackages(kind.packages, env)) ? locate(kind.program, env) : undefined;
}

/** Full path of a program on the PATH. */
export function locate(program: string, env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, program)).find(isExecutable);
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
