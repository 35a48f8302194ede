import { startPgBouncer, type PgBouncer } from './pg-bouncer.js';
import { startPostgres, type SqlServer } from './sql-server.js';
import { withSql, type Query } from './with-sql.js';

describe('startPgBouncer', () => {
  let server: SqlServer;
  let bouncer: PgBouncer;

  beforeAll(async () => {
    server = await startPostgres();
    bouncer = await startPgBouncer(server, { config: { default_pool_size: '1' } });
    await server.createTable('CREATE TABLE held (name VARCHAR(9) PRIMARY KEY)', 'held');
  }, 300_000);

  afterAll(async () => {
    await bouncer.stop();
    await server.stop();
  });

  function through<T>(work: (query: Query) => Promise<T>, url = bouncer.url): Promise<T> {
    return withSql(url, work);
  }

  it('passes statements to the server as the locker', async () => {
    await through((query) => query('INSERT INTO held VALUES ($1)', ['a']));
    expect(await withSql(server.url, (query) => query('SELECT name, current_user AS who FROM held'))).toEqual([
      { name: 'a', who: 'locker' },
    ]);
    await expect(through((query) => query('DROP TABLE held'))).rejects.toThrow('must be owner');
  });

  it('has clients share a connection to the server by transactions: what one sets, another finds', async () => {
    const process = 'SELECT pg_backend_pid() AS pid';
    await through((first) =>
      through(async (second) => {
        expect(await first(process)).toEqual(await second(process));
        expect(await second('SHOW work_mem')).toEqual([{ work_mem: '4MB' }]);
        await first(`SET work_mem = '5MB'`);
        expect(await second('SHOW work_mem')).toEqual([{ work_mem: '5MB' }]);
      }),
    );
  });

  it('lets nobody in with a wrong password', async () => {
    const url = Object.assign(new URL(bouncer.url), { password: 'wrong' }).href;
    await expect(through((query) => query('SELECT 1'), url)).rejects.toThrow(/authentication failed/);
  });
});
