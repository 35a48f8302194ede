import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClientSettings, LockProcess } from '../support/lock-clients/lock-process.js';
import { askUntil } from '../support/ask-until.js';
import { ZookeeperAdmin } from '../support/zookeeper-admin.js';
import { ZookeeperServer } from '../support/zookeeper-server.js';

const RUNS = 10;
const WORKERS = 2;
const TIMES = 10;
const FLEET: readonly Omit<ClientSettings, 'url'>[] = [
  { client: 'nestjs-locked' },
  { client: 'nestjs-locked' },
  { client: 'curator' },
  { client: 'kazoo' },
];
const COMPLETE = FLEET.flatMap(({ client }) => Array.from({ length: WORKERS * TIMES }, () => client));

describe('one path of ZooKeeper for Node, Java and Python', () => {
  let server: ZookeeperServer;
  let admin: ZookeeperAdmin;
  let folder: string;
  let processes: LockProcess[] = [];

  beforeAll(async () => {
    server = await ZookeeperServer.start();
    admin = await ZookeeperAdmin.connect(server.address);
    folder = await mkdtemp(join(tmpdir(), 'nestjs-locked-interop-'));
  }, 300_000);
  afterEach(async () => {
    await Promise.all(processes.map((one) => one.stop()));
    processes = [];
  });
  afterAll(async () => {
    await admin.close();
    await server.stop();
    await rm(folder, { recursive: true });
  });

  async function start(fleet: readonly Omit<ClientSettings, 'url'>[]): Promise<void> {
    processes = await LockProcess.start(...fleet.map((one) => ({ ...one, url: server.url })));
  }

  /** Who has signed, in order. */
  async function signatures(key: string): Promise<string[]> {
    const file = join(folder, key);
    await writeFile(file, '');
    await Promise.all(processes.map((one) => one.sign({ key, file, workers: WORKERS, times: TIMES })));
    return (await readFile(file, 'utf8')).split('\n').slice(0, -1);
  }

  function untilQueued(key: string, length: number): Promise<void> {
    return askUntil(
      `${String(length)} stand in the queue of ${key}`,
      async () => (await admin.children(`/shared/${key}`)).length === length,
    );
  }

  it(`every update is there, ${String(RUNS)} times of ${String(RUNS)}`, async () => {
    await start(FLEET);
    for (let run = 0; run < RUNS; run++) {
      const signed = await signatures(`run-${String(run)}`);
      expect(signed.toSorted()).toEqual(COMPLETE.toSorted());
      // Who is alone for a while shows nothing about the others.
      const handedOn = signed.filter((client, i) => i > 0 && client !== signed[i - 1]);
      expect(new Set(handedOn).size).toBe(new Set(COMPLETE).size);
    }
  }, 120_000);

  it('updates are lost where a client has names of its own, which Curator cannot order', async () => {
    await start(FLEET.map((one) => (one.client === 'kazoo' ? { ...one, stock: true } : one)));
    let missing = 0;
    for (let run = 0; run < RUNS; run++) missing += COMPLETE.length - (await signatures(`stock-${String(run)}`)).length;
    expect(missing).toBeGreaterThan(0);
  }, 120_000);

  it.each(['curator', 'kazoo'] as const)(
    'ours and %s take turns in the order in which they came',
    async (client) => {
      await start([{ client: 'nestjs-locked' }, { client }, { client: 'nestjs-locked' }]);
      const [first, foreign, last] = processes as [LockProcess, LockProcess, LockProcess];
      expect(await first.take('turns', 0)).toBe(true);
      expect(await foreign.take('turns', 0)).toBe(false);
      const granted: string[] = [];
      const second = foreign.take('turns', 10_000).then(() => granted.push('foreign'));
      await untilQueued('turns', 2);
      const third = last.take('turns', 10_000).then(() => granted.push('ours'));
      await untilQueued('turns', 3);
      await first.giveBack('turns');
      await second;
      expect(await first.take('turns', 0)).toBe(false);
      await foreign.giveBack('turns');
      await third;
      await last.giveBack('turns');
      expect(granted).toEqual(['foreign', 'ours']);
    },
    60_000,
  );
});
