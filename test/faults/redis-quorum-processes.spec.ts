import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askUntil } from '../support/ask-until.js';
import { QuorumStage } from '../support/quorum-stage.js';
import { runNode } from '../support/run-node.js';

const PROCESSES = 4;
/** Of each of the two workers of a process. */
const ROUNDS = 60;

describe('a quorum of three Redis servers, used by several processes', () => {
  it('loses no increment of an unguarded counter while servers come and go', async () => {
    const stage = await QuorumStage.open();
    const folder = await mkdtemp(join(tmpdir(), 'nestjs-locked-quorum-'));
    const counter = join(folder, 'counter');
    const count = async (): Promise<number> => Number(await readFile(counter, 'utf8'));
    try {
      await writeFile(counter, '0');
      const args = [counter, String(ROUNDS), ...stage.servers.map(({ url }) => url)];
      const children = Array.from({ length: PROCESSES }, () =>
        runNode([join(process.cwd(), 'test/faults/redis-quorum.child.mjs'), ...args]),
      );
      for (const number of [1, 2, 3] as const) {
        const before = await count();
        await askUntil('work goes on', async () => (await count()) > before + 20, 60_000);
        await stage.server(number).kill();
        await askUntil('work goes on without a server', async () => (await count()) > before + 40, 60_000);
        await stage.server(number).restart('kept');
      }
      const ended = await Promise.all(children);
      for (const { code, output } of ended) expect({ code, output }).toMatchObject({ code: 0 });
      expect(await count()).toBe(PROCESSES * 2 * ROUNDS);
      const tokens = ended.flatMap(({ output }) => JSON.parse(output) as string[]);
      expect(new Set(tokens).size).toBe(PROCESSES * 2 * ROUNDS);
    } finally {
      await stage.close();
      await rm(folder, { recursive: true, force: true });
    }
  }, 180_000);
});
