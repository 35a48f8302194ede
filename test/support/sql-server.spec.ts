import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { askUntil } from './ask-until.js';
import { startMariadb, startPostgres, startSqlServer, type SqlServer } from './sql-server.js';
import { orStop } from './start-together.js';
import { withSql, type Query } from './with-sql.js';

const DENIED = /denied|must be owner/;
const WRONG_PASSWORD = /password authentication failed|client password must be|Access denied .*using password/;

/** Where a server writes its process number, and those of the processes that it has as long as it runs. */
const TRACES = {
  postgres: `SELECT current_setting('data_directory') || '/postmaster.pid' AS file, pid FROM pg_stat_activity
    WHERE backend_type IN ('checkpointer', 'background writer', 'walwriter')`,
  mariadb: 'SELECT @@pid_file AS file',
};

describe.each(['postgres', 'mariadb'] as const)('startSqlServer(%s)', (engine) => {
  let server: SqlServer;

  beforeAll(async () => {
    server = await startSqlServer(engine, { config: { max_connections: '23' } });
    await server.createTable('CREATE TABLE held (name VARCHAR(9) PRIMARY KEY)', 'held');
    await server.administer((query) => query('CREATE TABLE others (name VARCHAR(9) PRIMARY KEY)'));
  }, 300_000);

  afterAll(() => server.stop());

  /** As the user with the least rights. */
  function asLocker<T>(work: (query: Query) => Promise<T>, url = server.url): Promise<T> {
    return withSql(url, work);
  }

  it('takes settings', async () => {
    const sql = { postgres: 'SHOW max_connections', mariadb: 'SELECT @@max_connections AS max_connections' }[engine];
    const [row] = await server.administer((query) => query(sql));
    expect(Number(row?.['max_connections'])).toBe(23);
  });

  it('lets the locker read and write the rows of a table that was created for it', async () => {
    await asLocker(async (query) => {
      await query(`INSERT INTO held VALUES ('a')`);
      await query(`UPDATE held SET name = 'b' WHERE name = 'a'`);
      expect(await query('SELECT * FROM held')).toEqual([{ name: 'b' }]);
      await query('DELETE FROM held');
    });
  });

  it.each([
    ['reading other tables', 'SELECT * FROM others'],
    ['creating tables', 'CREATE TABLE mine (name VARCHAR(9))'],
    ['creating temporary ones', 'CREATE TEMPORARY TABLE mine (name VARCHAR(9))'],
    ['changing its own', 'ALTER TABLE held ADD COLUMN more VARCHAR(9)'],
    ['dropping it', 'DROP TABLE held'],
    ['emptying it at once', 'TRUNCATE TABLE held'],
    ['creating users', 'CREATE USER another'],
  ])('keeps the locker from %s', async (_what, sql) => {
    await expect(asLocker((query) => query(sql))).rejects.toThrow(DENIED);
  });

  it.each(['locker', 'locked', 'root'])('lets nobody in with a wrong password, or none: %s', async (username) => {
    for (const password of ['wrong', '']) {
      const url = Object.assign(new URL(server.url), { username, password }).href;
      await expect(asLocker((query) => query('SELECT 1'), url)).rejects.toThrow(WRONG_PASSWORD);
    }
  });

  it('comes back after a kill on the same port, with the locker and all that it had', async () => {
    const { url } = server;
    await asLocker((query) => query(`INSERT INTO held VALUES ('kept')`));
    await server.kill();
    await expect(server.administer((query) => query('SELECT 1'))).rejects.toThrow('ECONNREFUSED');
    await server.restart('kept');
    expect(server.url).toBe(url);
    expect(await asLocker((query) => query('SELECT * FROM held'))).toEqual([{ name: 'kept' }]);
  });

  it('stops as it stands, and goes on', async () => {
    let answered = false;
    await asLocker(async (query) => {
      server.signal('SIGSTOP');
      const answer = query('SELECT 1 AS one').finally(() => (answered = true));
      // Longer than an answer takes; a server that has stopped never fails this.
      await pause(100);
      server.signal('SIGCONT');
      expect(answered).toBe(false);
      expect(await answer).toEqual([{ one: 1 }]);
    });
  });

  it('leaves another server alone, and nothing behind', async () => {
    const other = await { postgres: startPostgres, mariadb: startMariadb }[engine]();
    const { file, pids } = await orStop([other], async () => {
      await other.createTable('CREATE TABLE held (name VARCHAR(9))', 'held');
      await asLocker((query) => query(`INSERT INTO held VALUES ('theirs')`), other.url);
      expect(await asLocker((query) => query(`SELECT * FROM held WHERE name = 'theirs'`))).toEqual([]);
      const found = await traces(other);
      expect(found.pids.every(isAlive)).toBe(true);
      return found;
    });
    other.signal('SIGSTOP');
    await other.stop();
    expect(existsSync(dirname(dirname(file)))).toBe(false);
    await askUntil('all its processes have ended', async () => !pids.some(isAlive));
    expect(await asLocker((query) => query('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
  });

  it('comes back empty where it has lost its data, with the locker', async () => {
    await server.restart('lost');
    await server.createTable('CREATE TABLE held (name VARCHAR(9) PRIMARY KEY)', 'held');
    expect(await asLocker((query) => query('SELECT * FROM held'))).toEqual([]);
  });
});

async function traces(server: SqlServer): Promise<{ file: string; pids: number[] }> {
  const rows = await server.administer((query) => query(TRACES[server.engine]));
  const file = String(rows[0]?.['file']);
  const children = rows.map(({ pid }) => Number(pid)).filter((pid) => pid > 0);
  return { file, pids: [parseInt(readFileSync(file, 'utf8')), ...children] };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
