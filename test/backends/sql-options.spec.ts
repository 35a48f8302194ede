import { inspect } from 'node:util';
import { DataSource, type DataSourceOptions } from 'typeorm';
import {
  CreateLocks1767225600000,
  lockEntity,
  lockTableDdl,
  typeorm,
  type TypeOrmOptions,
} from '../../lib/backends/typeorm/index.js';
import { Locker } from '../../lib/core/index.js';
import { granted, request } from './sqlite.lock-file.js';
import { type Engine, SqlStage } from './sql.stage.js';

describe.each<Engine>(['postgres', 'mariadb'])('%s: how it is given', (engine) => {
  let stage: SqlStage;

  beforeAll(async () => {
    stage = await SqlStage.start(engine);
  }, 120_000);

  afterAll(() => stage.stop());

  const optionsOf = (url: string): DataSourceOptions => ({ type: engine, url });

  /** Does something with a store, which is closed whatever comes of it. */
  async function using<T>(
    options: TypeOrmOptions,
    work: (backend: ReturnType<typeof typeorm>) => Promise<T>,
  ): Promise<T> {
    const backend = typeorm(options);
    try {
      return await work(backend);
    } finally {
      await backend.close?.();
    }
  }

  it('as a URL, as options and as a DataSource it is one store', async () => {
    const { url } = stage.server;
    const { hostname: host, port, username, password } = new URL(url);
    const connection = { type: engine, host, port: Number(port), username, password, database: 'locked' } as const;
    const dataSource = new DataSource(optionsOf(url));
    await using({ url }, async (one) => {
      const hold = await granted(one, { key: 'same' });
      for (const other of [{ connection }, { dataSource }, { connection: { type: engine, url } as never }]) {
        await using(other, async (two) => {
          expect(await two.acquire(request({ key: 'same' }))).toMatchObject({ busy: true });
        });
      }
      expect(await hold.release({ used: 1 })).toBe(true);
    });
    expect(dataSource.isInitialized).toBe(false);
  });

  it('the application’s DataSource lends neither its transaction nor its connections', async () => {
    const dataSource = new DataSource({ ...optionsOf(stage.server.url), poolSize: 1 } as DataSourceOptions);
    await dataSource.initialize();
    const locker = new Locker(typeorm({ dataSource }), { wait: '5s' });
    // Its only connection is in use all the time, and what it does is rolled back.
    const work = dataSource.transaction(async (manager) => {
      await manager.query('SELECT 1');
      const lease = await locker.acquire('nested');
      expect(await stage.tokenOf('nested')).toBe(lease.token);
      await lease.release();
      throw new Error('roll back');
    });
    await expect(work).rejects.toThrow('roll back');
    expect((await stage.row('nested'))['name']).toBeDefined();
    await locker.close();
    await dataSource.destroy();
  });

  it('makes the table only when told to, and when it may', async () => {
    const missing = { url: `${stage.server.url}?table=other_locks` };
    const refused = { code: 'LOCK_BACKEND', outcome: 'not-applied', transient: false };
    await using(missing, (backend) =>
      expect(backend.ping()).rejects.toMatchObject({
        ...refused,
        message: expect.stringMatching(/does not exist.*createTable|may not use/),
      }),
    );
    await using({ url: `${stage.server.url}?table=other_locks&createTable=true` }, (backend) =>
      expect(backend.ping()).rejects.toMatchObject({
        ...refused,
        message: expect.stringMatching(/may not make one/),
      }),
    );
    const made = { url: stage.server.adminUrl, table: 'other_locks', createTable: true };
    await Promise.all([1, 2, 3].map(() => using(made, (backend) => granted(backend, { key: String(Math.random()) }))));
    await using({ url: stage.server.adminUrl, table: 'other_locks' }, (backend) => backend.ping());
    // There already: who may not make one need not.
    await using({ url: stage.server.url, createTable: true }, (backend) => backend.ping());
  });

  it.each(['INSERT', 'UPDATE', 'DELETE'])('a role without %s is told at boot', async (right) => {
    await stage.sql(`REVOKE ${right} ON nestjs_locked FROM locker`);
    try {
      await using({ url: stage.server.url }, (backend) =>
        expect(backend.ping()).rejects.toMatchObject({
          code: 'LOCK_BACKEND',
          transient: false,
          message: expect.stringMatching(/SELECT, INSERT, UPDATE and DELETE/),
        }),
      );
    } finally {
      await stage.sql(`GRANT ${right} ON nestjs_locked TO locker`);
    }
  });

  it.each([
    ['a wrong password', (url: URL) => (url.password = 'canary'), /credentials/, false],
    ['an unknown database', (url: URL) => (url.pathname = '/canary'), /does not exist|credentials/, false],
    ['a port where nobody is', (url: URL) => (url.port = '1'), /cannot be reached/, true],
    ['no TLS where it is asked for', (url: URL) => (url.search = '?sslmode=require'), /TLS/, false],
  ])('%s: says so, and nothing more', async (_what, spoil, message, transient) => {
    const url = new URL(stage.server.url);
    url.password = 'canary';
    if (spoil(url) !== 'canary') url.password = new URL(stage.server.url).password;
    const backend = typeorm({ url: url.href });
    const error: unknown = await backend.ping().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'LOCK_BACKEND', outcome: 'not-applied', transient });
    expect((error as Error).message).toMatch(message);
    for (const shown of [
      inspect(error, { depth: 9, showHidden: true }),
      JSON.stringify(error),
      inspect(backend, { depth: 9 }),
    ]) {
      expect(shown).not.toContain(decodeURIComponent(url.password));
    }
    await backend.close?.();
  });

  it('has a migration for the table, and an entity that says the same as its DDL', async () => {
    await stage.sql('DROP TABLE IF EXISTS nestjs_locked');
    const dataSource = new DataSource({
      ...optionsOf(stage.server.adminUrl),
      entities: [lockEntity(engine)],
      migrations: [CreateLocks1767225600000],
    });
    await dataSource.initialize();
    try {
      await dataSource.runMigrations();
      expect((await dataSource.driver.createSchemaBuilder().log()).upQueries).toEqual([]);
      await using({ dataSource }, async (backend) => {
        const hold = await granted(backend, { key: 'migrated' });
        const row = await dataSource.getRepository(lockEntity(engine)).findOneByOrFail({});
        expect(BigInt(row.firstToken)).toBe(hold.first);
        expect(String(row.name)).toBe('migrated');
      });
      await dataSource.undoLastMigration();
      await using({ url: stage.server.adminUrl }, (backend) =>
        expect(backend.ping()).rejects.toThrow(/does not exist/),
      );
    } finally {
      await dataSource.destroy();
      await stage.server.createTable(lockTableDdl(engine), 'nestjs_locked');
    }
  });

  it('what began before close() does not open it again', async () => {
    const proxy = await stage.proxy();
    const backend = typeorm({ url: proxy.url });
    proxy.refuse();
    const asked = expect(backend.ping()).rejects.toMatchObject({ code: 'LOCK_BACKEND', outcome: 'not-applied' });
    await backend.close?.();
    await proxy.heal();
    await asked;
    // A later call may.
    await backend.ping();
    await backend.close?.();
  });

  it('tokens go on growing when the table was emptied', async () => {
    const locker = stage.locker();
    const before = await locker.using('truncated', (lease) => lease.token);
    await stage.sql('TRUNCATE TABLE nestjs_locked');
    expect(await locker.using('truncated', (lease) => lease.token)).toBeGreaterThan(before);
  });

  it('warns of a server that forgets its last grants when it crashes', async () => {
    const [spoil, mend] =
      engine === 'postgres'
        ? [`ALTER ROLE locker SET synchronous_commit = off`, `ALTER ROLE locker RESET synchronous_commit`]
        : ['SET GLOBAL innodb_flush_log_at_trx_commit = 2', 'SET GLOBAL innodb_flush_log_at_trx_commit = 1'];
    await stage.sql(spoil);
    const warnings: string[] = [];
    await using({ url: stage.server.url, onWarning: (message) => warnings.push(message) }, (backend) => backend.ping());
    await stage.sql(mend);
    expect(warnings).toEqual([expect.stringMatching(/crashes, it forgets its last grants/)]);
  });
});

describe('mariadb: charsets', () => {
  it('of connections do not matter: a key is the same bytes to all', async () => {
    const stage = await SqlStage.start('mariadb');
    try {
      const { hostname: host, port, username, password } = new URL(stage.server.url);
      const connection = { type: 'mariadb', host, port: Number(port), username, password, database: 'locked' } as const;
      const [one, two] = [typeorm({ connection }), typeorm({ connection: { ...connection, charset: 'latin1' } })];
      await granted(one, { key: 'café' });
      expect(await two.acquire(request({ key: 'café' }))).toMatchObject({ busy: true });
      for (const backend of [one, two]) await backend.close?.();
    } finally {
      await stage.stop();
    }
  }, 60_000);
});

describe('postgres: schemas', () => {
  it('keeps the table in the schema of the option, or of the DataSource', async () => {
    const stage = await SqlStage.start('postgres');
    try {
      await stage.sql('CREATE SCHEMA shop');
      const { adminUrl: url } = stage.server;
      const options = [
        { url, schema: 'shop', createTable: true },
        { url: `${url}?schema=shop` },
        { dataSource: new DataSource({ type: 'postgres', url, schema: 'shop' }) },
      ];
      for (const given of options) {
        const backend = typeorm(given);
        const hold = await granted(backend);
        expect(await stage.sql('SELECT owner FROM shop.nestjs_locked WHERE owner IS NOT NULL')).toHaveLength(1);
        await hold.release({ used: 1 });
        await backend.close?.();
      }
      expect(await stage.count('true')).toBe(0);
    } finally {
      await stage.stop();
    }
  }, 60_000);
});
