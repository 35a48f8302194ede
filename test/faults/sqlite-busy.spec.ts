import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { LockFile, granted, request } from '../backends/sqlite.lock-file.js';
import { withSchedulerDelay } from '../support/scheduler-delay.js';

const HOLD_MS = 300;

/** A writer of another program: takes SQLite's only write lock, says so, and gives it back when told. */
const WRITER = `
  const database = require('better-sqlite3')(process.argv[1], { timeout: 0 });
  database.exec('BEGIN IMMEDIATE');
  process.send('writing');
  process.once('message', () => { database.exec('COMMIT'); process.disconnect(); });
`;

/** F52, and a synchronous driver: while others write, we wait without stopping the event loop. */
describe('sqlite: another program keeps the file locked', () => {
  let file: LockFile;
  let writer: ChildProcess | undefined;

  beforeEach(async () => {
    file = await LockFile.make();
    await file.open().ping();
  });

  afterEach(async () => {
    writer?.kill('SIGKILL');
    await file.remove();
  });

  async function startWriting(): Promise<void> {
    writer = spawn(process.execPath, ['-e', WRITER, file.path], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    await once(writer, 'message');
  }

  it('every operation waits for it, and nothing else stands still', async () => {
    const backend = file.open();
    const [renewed, released, abandoned] = [
      await granted(backend, { key: 'renewed' }),
      await granted(backend, { key: 'released' }),
      await granted(backend, { key: 'abandoned', owner: 'lost' }),
    ];
    expect(abandoned.count).toBe(1);
    const { delayMs: usualMs } = await withSchedulerDelay(() => sleep(HOLD_MS));
    await startWriting();
    const settled: string[] = [];
    const note = <T>(name: string, work: Promise<T>): Promise<T> => work.finally(() => settled.push(name));
    const { result, delayMs } = await withSchedulerDelay(async () => {
      const operations = Promise.all([
        note('acquire', granted(backend)),
        note('renew', renewed.renew!(60_000)),
        note('release', released.release({ used: 1 })),
        note('abandon', backend.abandon('abandoned', 'lost')),
        note('open', file.open().ping()),
      ]);
      await sleep(HOLD_MS);
      // Reading goes on beside a writer.
      expect(settled).toEqual(['open']);
      writer?.send('commit');
      return await operations;
    });
    expect(result[0].first).toBeGreaterThan(0n);
    expect(result[1]).toBeGreaterThan(performance.now());
    expect(result[2]).toBe(true);
    expect(file.count("name = 'abandoned' AND owner IS NULL")).toBe(1);
    // SQLite's own way of waiting would have stopped the event loop for all of HOLD_MS.
    expect(delayMs).toBeLessThan(5 + 5 * usualMs);
  });

  it('for too long: certainly not applied, and worth another try', async () => {
    const backend = file.open();
    const hold = await granted(backend, { key: 'held' });
    await startWriting();
    const expected = { code: 'LOCK_BACKEND', outcome: 'not-applied', transient: true };
    const renewal = hold.renew!(600);
    const refused = backend.acquire(request());
    await expect(renewal).rejects.toMatchObject({ ...expected, key: 'held' });
    await expect(refused).rejects.toMatchObject({ ...expected, key: 'order', message: expect.stringMatching(/busy/) });
    writer?.send('commit');
    await hold.release({ used: 1 });
    expect(file.count("name = 'order'")).toBe(0);
  });

  it('while a process opens a new file', async () => {
    const fresh = await LockFile.make();
    fresh.sql('CREATE TABLE theirs (x)');
    const [ours, path] = [fresh.open(), fresh.path];
    writer = spawn(process.execPath, ['-e', WRITER, path], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    await once(writer, 'message');
    const opened = ours.ping();
    setTimeout(() => writer?.send('commit'), HOLD_MS);
    await opened;
    await granted(ours);
    await fresh.remove();
  });
});
