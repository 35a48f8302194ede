import Database from 'better-sqlite3';
import { LeaseSet, LockLostError, LockOptionsError, LockUsageError, StaleTokenError } from '../../../lib/core/index.js';
import { type FenceExecutor, fenceTableDdl, type FencingToken, guard } from '../../../lib/fencing/index.js';
import { newLocker } from '../../fencing/fenced.stage.js';

const token = (storeKey: string, value: bigint, backend = 'redis'): FencingToken => ({
  storeKey,
  token: value,
  backend,
});

describe('guard', () => {
  let database: Database.Database;
  let sent: { sql: string; params: readonly unknown[] }[];
  let execute: FenceExecutor;

  beforeEach(() => {
    database = new Database(':memory:');
    database.exec(fenceTableDdl('sqlite'));
    sent = [];
    execute = (sql, params) => {
      sent.push({ sql, params });
      return Promise.resolve(database.prepare(sql).run(...params).changes);
    };
  });

  afterEach(() => database.close());

  it('is one statement once the row is there, with nothing of the token in its text', async () => {
    await guard(token("o'k", 12345n), execute, { engine: 'sqlite' });
    sent = [];
    await guard(token("o'k", 12345n), execute, { engine: 'sqlite' });
    expect(sent).toHaveLength(1);
    expect(sent[0]!.sql).not.toMatch(/12345|o'k|redis/);
    expect(sent[0]!.params).toEqual(['12345', "o'k", 'redis', '12345']);
  });

  it('takes a row that came into being meanwhile for what it is', async () => {
    const neighbour = database.prepare('INSERT INTO nestjs_locked_fences VALUES (?, ?, ?, 0)');
    for (const [key, kind, stored, outcome] of [
      ['a', 'redis', 0, undefined],
      ['b', 'redis', 5, undefined],
      ['c', 'redis', 6, StaleTokenError],
      ['d', 'memory', 0, LockUsageError],
    ] as const) {
      // Behind the first UPDATE, which has found no row.
      const overtaken: FenceExecutor = async (sql, params) => {
        const affected = await execute(sql, params);
        if (sent.length === 1) neighbour.run(key, kind, stored);
        return affected;
      };
      sent = [];
      const guarded = guard(token(key, 5n), overtaken, { engine: 'sqlite' });
      if (outcome) await expect(guarded).rejects.toThrow(outcome);
      else await guarded;
    }
  });

  it('locks several in the order of their bytes, and finds out a stale one among tokens of one key', async () => {
    const fences = [token('b', 5n), token('\u{10000}', 5n), token('a', 5n), token('\uffff', 5n)];
    await guard(fences, execute, { engine: 'sqlite' });
    expect(sent.filter(({ sql }) => /<=/.test(sql)).map(({ params }) => params[1])).toEqual([
      'a',
      'a',
      'b',
      'b',
      '\uffff',
      '\uffff',
      '\u{10000}',
      '\u{10000}',
    ]);
    await expect(guard([token('c', 4n), token('c', 5n)], execute, { engine: 'sqlite' })).rejects.toThrow(
      StaleTokenError,
    );
  });

  it('executes nothing with a lease that is not held any more', async () => {
    const lease = await newLocker().acquire('k');
    const lost = await newLocker().acquire('l', { maxHold: 150 });
    const set = new LeaseSet([lease, lost]);
    await guard(set, execute, { engine: 'sqlite' });
    await new Promise((resolve) => lost.signal.addEventListener('abort', resolve));
    await lease.release();
    sent = [];
    await expect(guard(lease, execute, { engine: 'sqlite' })).rejects.toThrow(LockUsageError);
    await expect(guard([lost], execute, { engine: 'sqlite' })).rejects.toThrow(LockLostError);
    await expect(guard(set, execute, { engine: 'sqlite' })).rejects.toThrow();
    expect(sent).toEqual([]);
  });

  it('executes nothing for what is no token', async () => {
    for (const fence of [
      [],
      {},
      token('k', -1n),
      token('', 1n),
      token('k', 2n ** 62n),
      token('k', 1n, 'A B'),
      7,
      null,
    ]) {
      await expect(guard(fence as FencingToken, execute, { engine: 'sqlite' })).rejects.toMatchObject({
        code: expect.stringMatching(/^LOCK_/),
      });
    }
    expect(sent).toEqual([]);
  });

  it('does not judge by an executor that answers no number', async () => {
    for (const answer of [undefined, null, '1', 1n, NaN, -1]) {
      const lying = (() => Promise.resolve(answer)) as unknown as FenceExecutor;
      await expect(guard(token('k', 1n), lying, { engine: 'sqlite' })).rejects.toThrow(/number of affected rows/);
    }
  });

  it.each([
    ['engine', { engine: 'oracle' }],
    ['table', { engine: 'sqlite', table: 'a b' }],
    ['table', { engine: 'sqlite', table: 'x"; DROP TABLE y; --' }],
    ['schema', { engine: 'postgres', schema: 'a.b' }],
    ['placeholder', { engine: 'sqlite', placeholder: ':' }],
    ['tabel', { engine: 'sqlite', tabel: 'x' }],
  ])('refuses the option %s of %p', async (option, options) => {
    await expect(guard(token('k', 1n), execute, options as never)).rejects.toThrow(LockOptionsError);
    await expect(guard(token('k', 1n), execute, options as never)).rejects.toMatchObject({ option });
    expect(sent).toEqual([]);
  });

  it.each([
    [{ engine: 'postgres' }, /"nestjs_locked_fences" SET token = CAST\(CAST\(\$1 AS text\) AS bigint\).*\$4/],
    [{ engine: 'postgres', placeholder: '?' }, /CAST\(CAST\(\? AS text\)/],
    [{ engine: 'postgres', schema: 'shop', table: 'f' }, /UPDATE "shop"\."f" SET/],
    [{ engine: 'mysql' }, /`nestjs_locked_fences` SET token = CAST\(\? AS SIGNED\)/],
    [{ engine: 'mariadb', placeholder: '$' }, /CAST\(\$1 AS SIGNED\)/],
  ] as const)('writes for %p', async (options, text) => {
    const record: FenceExecutor = (sql) => {
      expect(sql).toMatch(text);
      return Promise.resolve(1);
    };
    await guard(token('k', 1n), record, options);
  });
});
