import { spawn, type ChildProcessWithoutNullStreams as Child } from 'node:child_process';
import { signalTree } from './signal-tree.js';

/** A program of this machine at work as a child process, with the processes that it starts. */
export interface RunningProgram {
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** Ends it as a power cut would; settles when it has ended, also the second time. */
  kill(): Promise<void>;
}

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Where a program runs and as whom, ourselves if not told. */
export interface Setting {
  readonly folder: string;
  readonly account?: Account | undefined;
}

/**
 * Runs a program until it says that it is ready.
 * @throws Error with all that it said, where it ends before.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  setting: Setting,
  ready: RegExp,
): Promise<RunningProgram> {
  const child = launch(program, args, setting);
  const ended = new Promise((resolve) => child.once('close', resolve));
  const said = await listen(child, ready);
  if (!ready.test(said)) throw new Error(`${program} ended before it was ready. It said:\n${said}`);
  return {
    signal: (signal) => signalTree(child, signal),
    kill: async () => {
      signalTree(child, 'SIGKILL');
      await ended;
    },
  };
}

/**
 * Runs a program to its end.
 * @throws Error with all that it said, where it fails.
 */
export async function runToEnd(
  program: string,
  args: readonly string[],
  setting: Setting,
  input?: string,
): Promise<void> {
  const child = launch(program, args, setting, input);
  const said = await listen(child);
  if (child.exitCode !== 0) throw new Error(`${program} failed. It said:\n${said}`);
}

function launch(program: string, args: readonly string[], { folder, account }: Setting, input = ''): Child {
  const child = spawn(program, args, { cwd: folder, stdio: 'pipe', ...account });
  endWithUs(child, folder);
  // It may end without having read it, and then says why itself.
  child.stdin.on('error', () => undefined).end(input);
  return child;
}

/** What the program says until it is ready, or until it has ended. */
function listen(child: Child, ready?: RegExp): Promise<string> {
  return new Promise((resolve) => {
    let said = '';
    const done = (): void => {
      for (const stream of [child.stdout, child.stderr]) stream.off('data', hear).resume();
      resolve(said);
    };
    const hear = (chunk: string): void => {
      said += chunk;
      if (ready?.test(said)) done();
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', hear);
    child.once('error', ({ message }) => (said += message)).once('close', done);
  });
}

/** As `signalTree` does it: a stopped process starts no further ones. */
const END = 'read _; kill -STOP "$0"; kill -9 "$0" $(cat "/proc/$0/task/$0/children"); rm -rf "$1"';

/** Ends the program when our end of a pipe closes, however we end: a killed test run leaves nothing behind. */
function endWithUs(child: Child, folder: string): void {
  const guard = spawn('/bin/sh', ['-c', END, String(child.pid), folder], { stdio: ['pipe', 'ignore', 'ignore'] });
  guard.unref();
  child.once('close', () => guard.kill('SIGKILL'));
}
