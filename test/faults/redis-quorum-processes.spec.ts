import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askUntil } from '../support/ask-until.js';
import { QuorumStage } from '../support/quorum-stage.js';
import { LOCKER, type RedisServer } from '../support/redis-server.js';
import { runNode } from '../support/run-node.js';

const PROCESSES = 4;

/** How many processes have a connection that has introduced itself. */
function connectedTo(server: RedisServer): Promise<number> {
  return server.administer(async (admin) => {
    const clients = String(await admin.client('LIST'));
    return clients.split(`user=${LOCKER.username}`).length - 1;
  });
}

describe('a quorum of three Redis servers, used by several processes', () => {
  it('loses no increment of an unguarded counter while servers come and go', async () => {
    const stage = await QuorumStage.open();
    const folder = await mkdtemp(join(tmpdir(), 'nestjs-locked-quorum-'));
    const counter = join(folder, 'counter');
    const stop = join(folder, 'stop');
    const count = async (): Promise<number> => Number(await readFile(counter, 'utf8'));
    try {
      await writeFile(counter, '0');
      const args = [counter, stop, ...stage.servers.map(({ url }) => url)];
      let failed: string | undefined;
      const children = Array.from({ length: PROCESSES }, async () => {
        const ended = await runNode([join(process.cwd(), 'test/faults/redis-quorum.child.mjs'), ...args]);
        if (ended.code !== 0) failed ??= `A process ended with code ${String(ended.code)} and said: ${ended.output}`;
        return ended.output;
      });
      const until = async (what: string, ask: () => Promise<boolean>): Promise<void> => {
        await askUntil(what, async () => failed !== undefined || (await ask()), 60_000);
        if (failed !== undefined) throw new Error(failed);
      };
      for (const number of [1, 2, 3] as const) {
        const before = await count();
        await until('work goes on', async () => (await count()) > before + 20);
        await stage.server(number).kill();
        await until('work goes on without a server', async () => (await count()) > before + 40);
        await stage.server(number).restart('kept');
        // Or the next one to go would be the second that is away, for a process that has not noticed.
        await until('all are back', async () => (await connectedTo(stage.server(number))) >= PROCESSES);
      }
      await writeFile(stop, '');
      const outputs = await Promise.all(children);
      expect(failed).toBeUndefined();
      const tokens = outputs.flatMap((output) => JSON.parse(output) as string[]);
      expect(await count()).toBe(tokens.length);
      expect(new Set(tokens).size).toBe(tokens.length);
    } finally {
      await writeFile(stop, '');
      await stage.close();
      await rm(folder, { recursive: true, force: true });
    }
  }, 180_000);
});
