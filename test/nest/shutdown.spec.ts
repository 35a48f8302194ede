import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './support.js';

/** An application in a process of its own: only so it is seen to end by itself. */
describe('shutdown of an application', () => {
  let folder: string;
  let child: ChildProcess;
  let said: string[];
  const heard = (what: string) => until(() => said.includes(what));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shutdown-'));
    said = [];
    // Of the built package: a child process has no Jest to compile TypeScript for it.
    const program = join(process.cwd(), 'test/nest/shutdown.child.mjs');
    child = fork(program, [join(folder, 'locks.db')], { execArgv: [] });
    child.on('message', (what: string) => said.push(what));
  });
  afterEach(async () => {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    ['app.close()', (app: ChildProcess) => app.send('close'), { code: 0, signal: null }],
    [
      'a signal, with enableShutdownHooks',
      (app: ChildProcess) => app.kill('SIGTERM'),
      { code: null, signal: 'SIGTERM' },
    ],
  ])('%s: serves, lets holders finish, sends away who waits, and the process ends', async (_, stop, end) => {
    const ended = once(child, 'exit');
    await heard('run long');
    await heard('ready');
    child.send('wait');
    await heard('second waits');
    stop(child);

    await heard('server closed');
    const order = said.slice(said.indexOf('second waits') + 1).filter((what) => !what.startsWith('worked'));
    expect(order).toEqual([
      'run short',
      'end short',
      'still served: 200 done short',
      'waited: LOCK_TIMEOUT',
      'end long',
      'server closed',
    ]);
    await heard('worked: 200 done long');
    expect(said).not.toContain('background done');
    child.send('end background');
    expect(await ended).toEqual([end.code, end.signal]);
    expect(said.at(-1)).toBe('background done');
  });
});
