import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** A program of this machine at work as a plain child process. */
export interface RunningProgram {
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** Ends it as a power cut would; settles when it has ended, also the second time. */
  kill(): Promise<void>;
}

/**
 * Runs a program in `folder` until it says that it is ready.
 * @throws Error with all that it said, where it ends before.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  folder: string,
  ready: RegExp,
): Promise<RunningProgram> {
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  endWithUs(child, folder);
  const said = await untilReady(child, ready);
  if (!ready.test(said)) throw new Error(`${program} ended before it was ready. It said:\n${said}`);
  return {
    signal: (signal) => void child.kill(signal),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** What the program says until it is ready, or until it has ended. */
function untilReady(child: Child, ready: RegExp): Promise<string> {
  return new Promise((resolve) => {
    let said = '';
    const done = (): void => {
      for (const stream of [child.stdout, child.stderr]) stream.off('data', hear).resume();
      resolve(said);
    };
    const hear = (chunk: string): void => {
      said += chunk;
      if (ready.test(said)) done();
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', hear);
    child.once('error', ({ message }) => (said += message)).once('close', done);
  });
}

/** Ends the program when our end of a pipe closes, however we end: a killed test run leaves nothing behind. */
function endWithUs(child: Child, folder: string): void {
  const guard = spawn('/bin/sh', ['-c', 'read _; kill -9 "$0"; rm -rf "$1"', String(child.pid), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.unref();
  child.once('close', () => guard.kill('SIGKILL'));
}
