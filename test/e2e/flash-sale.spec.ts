import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startRedis } from '../support/redis-server.js';
import { startSqlServer } from '../support/sql-server.js';
import { ZookeeperServer } from '../support/zookeeper-server.js';

const runner = fileURLToPath(new URL('../../dist/sample-app/main.js', import.meta.url));
const SMALL = ['--buyers', '300', '--stock', '30', '--workers', '3', '--json'];
/** Enough for every worker to sell some. */
const SOME_EACH = ['--buyers', '300', '--stock', '120', '--workers', '3', '--json'];

interface Run {
  mode: 'locked' | 'unguarded' | 'unlocked';
  staleWrite?: 'written' | 'refused';
  sold: number;
  oversold: number;
  duplicates: number;
  refused: number;
  errors: number;
}

describe('flash sale', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'flash-sale-spec-'));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** `npm start` as built, with a temporary folder of its own, so that what it leaves behind is seen. */
  function sale(...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string; runs: () => Run[] }> {
    const env = { ...process.env, TMPDIR: folder, NODE_OPTIONS: '' };
    return new Promise((resolve) => {
      execFile(process.execPath, [runner, ...args], { env, timeout: 60_000 }, (error, stdout, stderr) => {
        const runs = () => (JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as { runs: Run[] }).runs;
        resolve({ code: error ? error.code : 0, stdout, stderr, runs });
      });
    });
  }

  it('oversells without the lock, and sells exactly the stock with it', async () => {
    const { code, stdout, runs } = await sale(...SMALL);

    expect(Object.keys(JSON.parse(stdout) as object)).toEqual(['buyers', 'stock', 'workers', 'runs']);
    const [without, locked] = runs();
    expect(without?.mode).toBe('unlocked');
    expect(without?.oversold).toBeGreaterThan(0);
    expect(locked).toMatchObject({ mode: 'locked', sold: 30, oversold: 0, duplicates: 0, refused: 570, errors: 0 });
    expect(Object.keys(locked ?? {})).toEqual(
      'mode sold oversold duplicates refused errors elapsedMs p50Ms p99Ms rps'.split(' '),
    );
    expect(code).toBe(0);
    expect(await readdir(folder)).toEqual([]);
  }, 60_000);

  it('keeps the books when a worker is killed in mid-sale', async () => {
    const { code, runs } = await sale(...SMALL, '--once', 'locked', '--kill');

    expect(runs()).toEqual([expect.objectContaining({ mode: 'locked', sold: 30, oversold: 0, duplicates: 0 })]);
    expect(code).toBe(0);
  }, 60_000);

  it('sells exactly the stock with the locks in Redis, also when a worker is killed', async () => {
    const redis = await startRedis();
    try {
      const { code, runs } = await sale(...SMALL, '--once', 'locked', '--kill', '--lock', redis.url);

      expect(runs()).toEqual([expect.objectContaining({ mode: 'locked', sold: 30, oversold: 0, duplicates: 0 })]);
      expect(code).toBe(0);

      const wrong = new URL(redis.url);
      wrong.password = 'canary-secret';
      const refused = await sale(...SMALL, '--lock', wrong.href);
      expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('credentials') });
      expect(refused.stderr).not.toContain('canary');
    } finally {
      await redis.stop();
    }
  }, 120_000);

  it('sells exactly the stock with the locks in ZooKeeper, also when a worker is killed', async () => {
    const zookeeper = await ZookeeperServer.start();
    try {
      const url = `${zookeeper.url}/shop?session=1s`;
      const { code, runs } = await sale(...SMALL, '--once', 'locked', '--kill', '--lock', url);

      expect(runs()).toEqual([expect.objectContaining({ mode: 'locked', sold: 30, oversold: 0, duplicates: 0 })]);
      expect(code).toBe(0);
    } finally {
      await zookeeper.stop();
    }
  }, 120_000);

  it.each(['postgres', 'mariadb'] as const)(
    'sells exactly the stock with locks and orders in %s',
    async (engine) => {
      const server = await startSqlServer(engine);
      try {
        const { adminUrl } = server;
        const { code, runs } = await sale(...SMALL, '--lock', adminUrl, '--database', adminUrl);

        expect(runs()[0]?.oversold).toBeGreaterThan(0);
        expect(runs()[1]).toMatchObject({
          mode: 'locked',
          sold: 30,
          oversold: 0,
          duplicates: 0,
          refused: 570,
          errors: 0,
        });
        expect(code).toBe(0);

        const wrong = new URL(adminUrl);
        wrong.password = 'canary-secret';
        for (const [option, said] of [
          ['--lock', 'credentials'],
          ['--database', 'cannot be opened'],
        ] as const) {
          const refused = await sale(...SMALL, option, wrong.href);
          expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(said) });
          expect(refused.stderr).not.toContain('canary');
        }
      } finally {
        await server.stop();
      }
    },
    180_000,
  );

  it.each(['sqlite', 'postgres', 'mariadb'] as const)(
    'a worker that was stopped beyond its lease oversells without the guard, and is refused with it: orders in %s',
    async (engine) => {
      const server = engine === 'sqlite' ? undefined : await startSqlServer(engine);
      try {
        const { adminUrl } = server ?? {};
        const { code, runs } = await sale(...SOME_EACH, '--pause', ...(adminUrl ? ['--database', adminUrl] : []));

        const [unguarded, locked] = runs();
        expect(unguarded).toMatchObject({ mode: 'unguarded', staleWrite: 'written' });
        expect(unguarded?.oversold).toBeGreaterThan(0);
        expect(locked).toMatchObject({ mode: 'locked', staleWrite: 'refused', sold: 120, oversold: 0, duplicates: 0 });
        expect(code).toBe(0);
      } finally {
        await server?.stop();
      }
    },
    180_000,
  );

  it('does not call a sale without the lock a success', async () => {
    const { code, stdout } = await sale('--buyers', '300', '--stock', '30', '--workers', '3', '--once', 'unlocked');

    expect(stdout).toMatch(/Without the lock: [\d,]+ items oversold/);
    expect(code).toBe(1);
  }, 60_000);

  it.each([
    ['a bad number', ['--stock', '-1'], '--stock'],
    ['an unknown option', ['--nope'], '--nope'],
    ['a stray argument', ['stray'], 'too many arguments'],
    ['a bad choice', ['--once', 'twice'], 'locked, unguarded, unlocked'],
    ['two accidents at once', ['--kill', '--pause'], "cannot be used with option '--kill'"],
    ['a database of an unknown kind', ['--database', 'nosql://user:secret@host/shop'], 'DATABASE_URL'],
    ['a lock that is too small for the sale', ['--lock', 'memory:'], '--workers 1'],
    ['a lock store of an unknown kind', ['--lock', 'nosql://user:secret@host/shop'], 'nosql'],
    // A file where a folder should be: nobody can open this, whatever their rights.
    ['an unreachable database', ['--database', `sqlite:${runner}/shop.db`], '--database'],
    ['a Redis that is not there', ['--lock', 'redis://u:secret@127.0.0.1:1'], '--lock'],
    ['a ZooKeeper that is not there', ['--lock', 'zookeeper://u:secret@127.0.0.1:1'], '--lock'],
    ['an unreachable lock store', ['--lock', `sqlite:${runner}/locks.db`], '--lock'],
  ])('refuses %s with one clear line', async (_, args, hint) => {
    const { code, stdout, stderr } = await sale(...args);

    expect(stdout).toBe('');
    expect(stderr).toContain(hint);
    expect(stderr).not.toContain('    at ');
    expect(stderr).not.toContain('secret');
    expect(code).toBe(2);
  });
});
