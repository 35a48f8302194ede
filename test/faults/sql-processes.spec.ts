import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, SqlStage } from '../backends/sql.stage.js';
import { runNode } from '../support/run-node.js';

const PROCESSES = 4;
const SECONDS = 4;

/** A default that servers are given by their administrators, and one that fails statements of neighbours. */
const ISOLATIONS = ['READ COMMITTED', 'SERIALIZABLE'] as const;

describe.each<Engine>(['postgres', 'mariadb'])('%s, used by several processes', (engine) => {
  let stage: SqlStage;
  let folder: string;

  beforeAll(async () => {
    stage = await SqlStage.start(engine);
    folder = await mkdtemp(join(tmpdir(), 'nestjs-locked-counter-'));
  }, 120_000);

  afterAll(async () => {
    await stage.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(ISOLATIONS)(
    'no increment of an unguarded counter is lost, every process has its share, and each ends by itself: %s',
    async (isolation) => {
      await stage.sql(
        engine === 'postgres'
          ? `ALTER ROLE locker SET default_transaction_isolation = '${isolation.toLowerCase()}'`
          : `SET GLOBAL TRANSACTION ISOLATION LEVEL ${isolation}`,
      );
      const counter = join(folder, isolation);
      await writeFile(counter, '0');
      const args = [join(process.cwd(), 'test/faults/counter.child.mjs'), stage.server.url, counter, String(SECONDS)];
      const ended = await Promise.all(Array.from({ length: PROCESSES }, () => runNode(args)));
      expect(ended.map(({ code, output }) => (code === 0 ? '' : output))).toEqual(ended.map(() => ''));

      const tokens = ended.map(({ output }) => JSON.parse(output) as string[]);
      const all = tokens.flat();
      expect(Number(await readFile(counter, 'utf8'))).toBe(all.length);
      expect(new Set(all).size).toBe(all.length);
      expect(all.length).toBeGreaterThan(PROCESSES * 10);
      const shares = sharesOf(tokens);
      // Round robin is not promised; that nobody is starved is.
      const equalShare = shares.reduce((sum, share) => sum + share) / PROCESSES;
      for (const share of shares) expect(share).toBeGreaterThan(equalShare / 16);
      expect(await stage.held()).toBe(0);
    },
    60_000,
  );
});

/** Grants of each process while all of them were asking: they do not start and end at the same moment. */
function sharesOf(tokens: readonly (readonly string[])[]): number[] {
  const grants = tokens.map((own) => own.map(BigInt));
  const from = grants.map(([first = 0n]) => first).reduce((a, b) => (a > b ? a : b));
  const until = grants.map((own) => own.at(-1) ?? 0n).reduce((a, b) => (a < b ? a : b));
  return grants.map((own) => own.filter((token) => token >= from && token <= until).length);
}
