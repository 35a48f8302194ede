import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { installPackages, locate } from '../programs.js';

/** The distribution's own comes first: another one on the PATH may lack the package that was installed. */
const CANDIDATES = ['/usr/bin/python3', 'python3'] as const;

/**
 * Path of a Python that can import redis-py, which is installed where that is possible and allowed.
 * @throws Error that says what to install: a test must fail rather than be skipped
 */
export async function pythonWithRedis(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const python = (await find(env)) ?? ((await installPackages(['python3-redis'], env)) ? await find(env) : undefined);
  if (python !== undefined) return python;
  throw new Error('This test needs Python 3 with redis-py: pip install redis (Debian: apt-get install python3-redis).');
}

async function find(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const candidate of CANDIDATES) {
    const python = candidate.startsWith('/') ? candidate : locate(candidate, env);
    if (python !== undefined && (await hasRedis(python))) return python;
  }
  return undefined;
}

async function hasRedis(python: string): Promise<boolean> {
  const child = spawn(python, ['-c', 'import redis.lock'], { stdio: 'ignore' });
  child.once('error', () => undefined);
  const [code] = (await once(child, 'close')) as [number | null];
  return code === 0;
}
