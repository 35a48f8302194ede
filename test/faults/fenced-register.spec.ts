import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fenceTableDdl } from '../../lib/fencing/index.js';
import { type Engine, SqlStage } from '../backends/sql.stage.js';
import { signalTree } from '../support/signal-tree.js';

const SECONDS = 8;
const PROCESSES = 4;

interface Outcome {
  readonly grants: number;
  readonly plain: number;
  readonly fenced: number;
  readonly refused: number;
  readonly lost: number;
  readonly unknown: number;
}

/** Stands still for longer than its lease, now and then, wherever it happens to be. */
async function stopAtRandom(children: readonly ChildProcess[], ms: number): Promise<number> {
  let stops = 0;
  for (const end = performance.now() + ms; performance.now() < end; stops++) {
    const child = children[Math.floor(Math.random() * children.length)]!;
    signalTree(child, 'SIGSTOP');
    await pause(200 + Math.random() * 150);
    signalTree(child, 'SIGCONT');
    await pause(10 + Math.random() * 30);
  }
  return stops;
}

/** F02, FAULTS §0: what a fence is for, and that this check can see a lost update. */
describe.each<Engine>(['postgres', 'mariadb'])('%s: SIGSTOPs at random over processes with short leases', (engine) => {
  let stage: SqlStage;

  beforeAll(async () => {
    stage = await SqlStage.start(engine);
    await stage.server.createTable(fenceTableDdl(engine), 'nestjs_locked_fences');
    for (const table of ['plain_register', 'fenced_register']) {
      await stage.server.createTable(`CREATE TABLE ${table} (n bigint NOT NULL)`, table);
      await stage.sql(`INSERT INTO ${table} VALUES (0)`);
    }
  }, 120_000);

  afterAll(() => stage.stop());

  it('the fenced register loses nothing and refuses the stale; its unfenced twin loses', async () => {
    const { url } = stage.server;
    const args = [join(process.cwd(), 'test/faults/fenced-register.child.mjs'), engine, url, url, String(SECONDS)];
    const children = Array.from({ length: PROCESSES }, () =>
      spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 2] }),
    );
    const outputs = children.map(async (child) => {
      let output = '';
      child.stdout!.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
      const [code] = (await once(child, 'close')) as [number];
      expect(code).toBe(0);
      return JSON.parse(output) as Outcome;
    });
    const stops = await stopAtRandom(children, SECONDS * 1_000);
    const outcomes = await Promise.all(outputs);

    const sum = (what: keyof Outcome) => outcomes.reduce((all, outcome) => all + outcome[what], 0);
    const register = async (table: string) => Number((await stage.sql(`SELECT n FROM ${table}`))[0]?.['n']);
    expect(stops).toBeGreaterThan(10);
    expect(sum('grants')).toBeGreaterThan(50);
    const fenced = await register('fenced_register');
    expect(fenced).toBeGreaterThanOrEqual(sum('fenced'));
    expect(fenced).toBeLessThanOrEqual(sum('fenced') + sum('unknown'));
    expect(sum('refused')).toBeGreaterThan(0);
    // Without this the run would say nothing.
    expect(await register('plain_register')).toBeLessThan(sum('plain'));
  }, 120_000);
});
