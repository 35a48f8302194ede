import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { ServerKind } from './server-kinds.js';
import type { Server } from './start-server.js';

type Program = ChildProcessByStdio<null, Readable, Readable>;

/** Another process may take the free port before the server does. */
const ATTEMPTS = 3;

/** Starts a program of this machine as a plain child process with a data folder of its own. */
export async function startProgram(program: string, kind: ServerKind): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'nestjs-locked-server-'));
  let said = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = await freePort();
    const child = spawn(program, kind.arguments(port, folder), { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise((resolve) => child.once('close', resolve));
    endWithUs(child);
    said = await untilReady(child, kind.ready);
    if (!kind.ready.test(said)) continue;
    const stop = async (): Promise<void> => {
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    };
    return { url: kind.url(port), stop };
  }
  await rm(folder, { recursive: true, force: true });
  throw new Error(`${program} did not start, in ${ATTEMPTS} attempts. It said last:\n${said}`);
}

/** What the program says until it is ready, or until it has ended. */
function untilReady(child: Program, ready: RegExp): Promise<string> {
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

/** Ends the program when our end of a pipe closes, however we end: a killed test run leaves no server behind. */
function endWithUs(child: Program): void {
  const guard = spawn('/bin/sh', ['-c', `read _; kill -9 ${String(child.pid)}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.unref();
  child.once('close', () => guard.kill('SIGKILL'));
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
