import { spawn } from 'node:child_process';

export interface Ended {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  /** All that it printed, on stdout and stderr. */
  readonly output: string;
}

/** Runs a script in a Node process of its own, to its end. */
export function runNode(
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code) => {
      resolve({ code, output });
    });
  });
}
