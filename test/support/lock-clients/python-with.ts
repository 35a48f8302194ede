import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { installPackages, locate } from '../programs.js';

/** The distribution's own comes first: another one on the PATH may lack the package that was installed. */
const CANDIDATES = ['/usr/bin/python3', 'python3'] as const;

/** A module of Python, and where it comes from. */
export interface PythonModule {
  readonly module: string;
  /** Of pip. */
  readonly pip: string;
  /** Of Debian. */
  readonly debian: string;
}

/**
 * Path of a Python that can import a module, which is installed where that is possible and allowed.
 * @throws Error that says what to install: a test must fail rather than be skipped
 */
export async function pythonWith(wanted: PythonModule, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const { module, pip, debian } = wanted;
  const python =
    (await find(module, env)) ?? ((await installPackages([debian], env)) ? await find(module, env) : undefined);
  if (python !== undefined) return python;
  throw new Error(`This test needs Python 3 with ${module}: pip install ${pip} (Debian: apt-get install ${debian}).`);
}

async function find(module: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const candidate of CANDIDATES) {
    const python = candidate.startsWith('/') ? candidate : locate(candidate, env);
    if (python !== undefined && (await canImport(python, module))) return python;
  }
  return undefined;
}

async function canImport(python: string, module: string): Promise<boolean> {
  const child = spawn(python, ['-c', `import ${module}`], { stdio: 'ignore' });
  child.once('error', () => undefined);
  const [code] = (await once(child, 'close')) as [number | null];
  return code === 0;
}
