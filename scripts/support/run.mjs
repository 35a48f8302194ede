import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

/** The folder of package.json. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Something the user has to read: one clear text instead of a stack trace. */
export class Trouble extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Runs a program to its end and passes signals on to it. `code` is its exit code (128 + n after signal n), `output`
 * what it printed on streams that `stdio` pipes; `onOutput` sees that live.
 */
export async function run(
  command,
  args,
  { env = process.env, stdio = 'inherit', shell = false, signal, onOutput } = {},
) {
  const child = spawn(command, args, { cwd: ROOT, env, stdio, shell, signal });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
      onOutput?.(chunk);
    });
  }
  // Ctrl-C in a terminal reaches the whole group: passing it on would make it two.
  const interrupt = () => process.stdin.isTTY || child.kill('SIGINT');
  const terminate = () => child.kill('SIGTERM');
  process.on('SIGINT', interrupt).on('SIGTERM', terminate);
  const watch = setInterval(() => isOrphan() && terminate(), 500);
  try {
    const [code, killedBy] = await once(child, 'close');
    return { code: code ?? 128 + constants.signals[killedBy], output };
  } finally {
    clearInterval(watch);
    process.off('SIGINT', interrupt).off('SIGTERM', terminate);
  }
}

/** A signal to npm ends the shell between npm and us, and does not reach us otherwise. */
const PARENT = process.ppid;
const isOrphan = () => process.env.npm_lifecycle_event !== undefined && process.ppid !== PARENT;

/** Runs the script's body; trouble is told in its own words and sets the exit code. */
export async function main(body) {
  try {
    process.exitCode = await body();
  } catch (error) {
    console.error(error instanceof Trouble ? error.message : error);
    process.exitCode = error instanceof Trouble ? error.exitCode : 1;
  }
}
