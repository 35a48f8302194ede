import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Far more than a busy machine takes to stop a process; it waits where a disk is slow. */
const STOPPED_WITHIN_MS = 10_000;

/**
 * Signals a process and those that it has started: PostgreSQL serves each connection in a process with a session of its
 * own, which no signal to a process group reaches. After `SIGSTOP` none of them does anything any more.
 */
export function signalTree(child: ChildProcess, signal: NodeJS.Signals): void {
  const { pid, exitCode, signalCode } = child;
  // Once it has ended, its number may be another's.
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  // Stopped first, it starts no further ones meanwhile.
  stop([pid]);
  const children = idsIn(`/proc/${pid}/task/${pid}/children`);
  if (signal === 'SIGSTOP') stop(children);
  else for (const one of [pid, ...children]) send(one, signal);
}

/** A thread goes on until the system gets round to it, so this waits. */
function stop(pids: readonly number[]): void {
  for (const pid of pids) send(pid, 'SIGSTOP');
  const end = performance.now() + STOPPED_WITHIN_MS;
  while (!pids.every(isStill)) {
    if (performance.now() > end) throw new Error(`Not stopped within ${STOPPED_WITHIN_MS} ms: ${pids.join(', ')}`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  }
}

/** Whether all threads are stopped, or have ended. */
function isStill(pid: number): boolean {
  return orNothing(() => readdirSync(`/proc/${pid}/task`), []).every((thread) => {
    const stat = orNothing(() => readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8'), '');
    // "12 (name) T …", and names may hold anything.
    return stat === '' || 'TZX'.includes(stat.charAt(stat.lastIndexOf(')') + 2));
  });
}

function idsIn(file: string): number[] {
  const ids = orNothing(() => readFileSync(file, 'utf8'), '');
  return ids.split(' ').filter(Boolean).map(Number);
}

/** What the system tells of a process: nothing once it has ended, and nothing ever on macOS. */
function orNothing<T>(read: () => T, nothing: T): T {
  try {
    return read();
  } catch {
    return nothing;
  }
}

/** It may have ended meanwhile. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
