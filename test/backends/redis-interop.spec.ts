import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClientSettings, LockProcess } from '../support/lock-clients/lock-process.js';
import { type Server, startServer } from '../support/start-server.js';

const WORKERS = 2;
const TIMES = 20;
const RETRY_MS = 10;
const FLEET = ['nestjs-locked', 'nestjs-locked', 'redlock', 'redis-semaphore', 'redis-py', 'redis-py'] as const;

describe('one key for clients of several kinds', () => {
  let server: Server;
  let folder: string;
  let processes: LockProcess[];

  beforeAll(async () => {
    server = await startServer('redis');
  }, 120_000);
  afterAll(() => server.stop());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-locked-interop-'));
    processes = [];
  });
  afterEach(async () => {
    await Promise.all(processes.map((one) => one.stop()));
    await rm(folder, { recursive: true });
  });

  /** Who has signed, in order. */
  async function signaturesOf(fleet: readonly Omit<ClientSettings, 'url'>[]): Promise<string[]> {
    const file = join(folder, 'signed');
    await writeFile(file, '');
    processes = await LockProcess.start(...fleet.map((one) => ({ ...one, url: server.url })));
    const work = { key: 'shared', file, workers: WORKERS, times: TIMES };
    await Promise.all(processes.map((one) => one.sign(work)));
    return (await readFile(file, 'utf8')).split('\n').slice(0, -1);
  }

  it.each([{}, { foreignRetry: RETRY_MS }, { compat: 'redlock' as const }])(
    'every update is there: %j',
    async (mode) => {
      const signatures = await signaturesOf(
        FLEET.map((client) => (client === 'nestjs-locked' ? { client, ...mode } : { client, retryMs: RETRY_MS })),
      );
      const complete = FLEET.flatMap((client) => Array.from({ length: WORKERS * TIMES }, () => client));
      expect(signatures.toSorted()).toEqual(complete.toSorted());
      // Who is alone for a while shows nothing about the others.
      const handedOn = signatures.filter((client, i) => i > 0 && client !== signatures[i - 1]);
      expect(handedOn.length).toBeGreaterThan(WORKERS * TIMES);
      expect(new Set(handedOn).size).toBe(new Set(FLEET).size);
    },
  );

  it('updates are lost where nobody locks', async () => {
    const signatures = await signaturesOf(FLEET.map(() => ({ client: 'none' })));
    expect(signatures.length).toBeLessThan(FLEET.length * WORKERS * TIMES);
  });
});
