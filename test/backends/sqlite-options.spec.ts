import { mkdir, open, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { DataSource, type DataSourceOptions } from 'typeorm';
import {
  CreateLocks1767225600000,
  lockEntity,
  lockTableDdl,
  sqlite,
  typeorm,
} from '../../lib/backends/typeorm/index.js';
import { LockFile, granted, request } from './sqlite.lock-file.js';

let file: LockFile;

beforeEach(async () => {
  file = await LockFile.make();
});

afterEach(async () => {
  await file.remove();
});

describe('sqlite: options', () => {
  const refused: [what: string, make: () => unknown, option: string, message: RegExp][] = [
    ['a database in memory', () => sqlite({ file: ':memory:' }), 'file', /memory\(\)/],
    ['one with blanks around it, as SQLite trims them', () => sqlite({ file: ' :memory: ' }), 'file', /memory\(\)/],
    ['a temporary database', () => sqlite({ file: '' }), 'file', /memory\(\)/],
    ['a file that is no string', () => sqlite({ file: 7 as never }), 'file', /path/],
    ['a path with NUL', () => sqlite({ file: 'a\0b' }), 'file', /path/],
    ['no options', () => sqlite(undefined as never), 'options', /object/],
    ['an unknown option', () => sqlite({ file: 'x.db', tabel: 'x' } as never), 'tabel', /unknown/],
    ['another synchronous', () => sqlite({ file: 'x.db', synchronous: 'off' as never }), 'synchronous', /normal/],
    ['no store at all', () => typeorm({} as never), 'dataSource', /`url`/],
    ['two stores', () => typeorm({ url: 'sqlite:x', dataSource: {} } as never), 'dataSource', /only one/],
    ['a DataSource that is none', () => typeorm({ dataSource: {} as never }), 'dataSource', /TypeORM/],
    ['a DataSource of another engine', () => typeorm({ dataSource: of({ type: 'oracle' }) }), 'dataSource', /oracle/],
    [
      'an option of servers',
      () => typeorm({ dataSource: of({ type: 'better-sqlite3', database: 'x.db' }), poolSize: 3 }),
      'poolSize',
      /unknown/,
    ],
    ['a DataSource in memory', () => typeorm({ dataSource: inMemory() }), 'dataSource', /memory\(\)/],
    ['a URL of another engine', () => typeorm({ url: 'oracle://shop:secret@db/locks' }), 'url', /oracle:.*SQLite/],
    ['a URL that is none', () => typeorm({ url: 'locks.db' }), 'url', /no URL/],
    ['a URL that is no string', () => typeorm({ url: 7 as never }), 'url', /string/],
    ['a URL with a host', () => typeorm({ url: 'sqlite://host/x.db' }), 'url', /host/],
    ['a URL with an unknown parameter', () => typeorm({ url: 'sqlite:x.db?mode=memory' }), 'mode', /unknown/],
    ['a URL in memory', () => typeorm({ url: 'sqlite::memory:' }), 'file', /memory\(\)/],
    ['a URL with a broken escape', () => typeorm({ url: 'sqlite:100%.db' }), 'url', /%25/],
  ];

  it.each(refused)('refuses %s', (_what, make, option, message) => {
    expect(make).toThrow(refusal(option, message));
  });

  it('names no password of a URL it refuses', () => {
    expect(() => typeorm({ url: 'mysql://shop:secret@db/locks' })).not.toThrow(/secret/);
    expect(() => typeorm({ url: 'secret secret' })).not.toThrow(/secret/);
  });

  it.each(['', '1a', 'a b', 'a"b', "a'; DROP TABLE x; --", 'ä', 'a.b', 'x'.repeat(64), 7, null])(
    'refuses a table named %j, everywhere',
    (name) => {
      const table = name as string;
      for (const make of [
        () => sqlite({ file: 'x.db', table }),
        () => typeorm({ url: 'sqlite:x.db', table }),
        () => typeorm({ url: `sqlite:x.db?table=${encodeURIComponent(String(name))}x y` }),
        () => typeorm({ dataSource: of({ type: 'better-sqlite3', database: 'x.db' }), table }),
        () => lockEntity('better-sqlite3', table),
        () => lockEntity('postgres', table),
        () => lockTableDdl('better-sqlite3', table),
        () => lockTableDdl('mariadb', table),
        () => typeorm({ url: 'postgres://db/shop', table }),
        () => typeorm({ connection: { type: 'mysql' }, table }),
      ]) {
        expect(make).toThrow(refusal('table', /letters/));
      }
    },
  );

  it('takes a relative and an absolute URL, a table and a durability', async () => {
    const backends = [
      typeorm({ url: `sqlite:${file.path}?table=own&synchronous=full` }),
      typeorm({ url: `sqlite://${file.path}`, table: 'own' }),
      typeorm({ url: `sqlite:${relative(process.cwd(), file.path)}`, table: 'own' }),
      sqlite({ file: file.path, table: 'own' }),
    ];
    await granted(backends[0]!);
    for (const other of backends.slice(1)) expect(await other.acquire(request())).toMatchObject({ busy: true });
    for (const backend of backends) await backend.close?.();
  });
});

describe('sqlite: a file that cannot be used', () => {
  const trouble: [what: string, arrange: () => Promise<string>, message: RegExp][] = [
    ['in no folder', async () => join(file.folder, 'no', 'locks.db'), /folder/],
    ['that is a folder', async () => file.folder, /cannot be opened/],
    ['that is damaged', damaged, /damaged/],
    ['that is something else', () => written('This is no database. '.repeat(99)), /no SQLite database/],
    ['whose table is something else', () => withTable('CREATE TABLE nestjs_locked (x)'), /SQLITE_ERROR/],
  ];

  it.each(trouble)('%s: certainly not applied, says what to do', async (_what, arrange, message) => {
    const backend = sqlite({ file: await arrange() });
    const expected = { code: 'LOCK_BACKEND', outcome: 'not-applied', transient: false };
    await expect(backend.ping()).rejects.toMatchObject({ ...expected, message: expect.stringMatching(message) });
    await expect(backend.acquire(request())).rejects.toMatchObject({ ...expected, key: 'order', backend: 'sqlite' });
    await backend.close?.();
  });

  it('does not make the folder', async () => {
    const backend = sqlite({ file: join(file.folder, 'no', 'locks.db') });
    await expect(backend.ping()).rejects.toThrow(/folder/);
    await mkdir(join(file.folder, 'no'));
    await backend.ping();
    await backend.close?.();
  });

  it('says so when rows cannot be written', async () => {
    await file.open().ping();
    file.sql("CREATE TRIGGER full BEFORE INSERT ON nestjs_locked BEGIN SELECT RAISE(ABORT, 'no'); END");
    await expect(file.open().acquire(request())).rejects.toMatchObject({
      code: 'LOCK_BACKEND',
      outcome: 'not-applied',
    });
  });

  async function written(text: string): Promise<string> {
    await writeFile(file.path, text);
    return file.path;
  }

  async function damaged(): Promise<string> {
    file.sql('CREATE TABLE a (x)');
    const handle = await open(file.path, 'r+');
    await handle.write(Buffer.alloc(2048, 0xee), 0, 2048, 100);
    await handle.close();
    return file.path;
  }

  async function withTable(ddl: string): Promise<string> {
    file.sql(ddl);
    return file.path;
  }
});

describe("sqlite: the application's own DataSource", () => {
  it('locks in its file, outside its transactions', async () => {
    const dataSource = of({ type: 'better-sqlite3', database: file.path, enableWAL: true });
    await dataSource.initialize();
    const backend = typeorm({ dataSource, table: 'app_locks' });
    await backend.ping();
    const hold = await dataSource.transaction(async (manager) => {
      await manager.query('SELECT 1');
      return await granted(backend);
    });
    await dataSource
      .transaction(async (manager) => {
        await manager.query('SELECT count(*) FROM app_locks');
        expect(await hold.release({ used: 1 })).toBe(true);
        throw new Error('roll back');
      })
      .catch(() => undefined);
    expect(await hold.renew?.(1000)).toBe(false);

    await backend.close?.();
    expect(await dataSource.query('SELECT name, owner FROM app_locks')).toEqual([{ name: 'order', owner: null }]);
    await dataSource.destroy();
  });

  it('has a migration for the table, and an entity that says the same as its DDL', async () => {
    const dataSource = of({
      type: 'better-sqlite3',
      database: file.path,
      entities: [lockEntity('better-sqlite3')],
      migrations: [CreateLocks1767225600000],
    });
    await dataSource.initialize();
    await dataSource.runMigrations();
    expect((await dataSource.driver.createSchemaBuilder().log()).upQueries).toEqual([]);

    const hold = await granted(file.open());
    const row = await dataSource.getRepository(lockEntity('better-sqlite3')).findOneByOrFail({ name: 'order' });
    expect(BigInt(row.firstToken)).toBe(hold.first);

    await dataSource.undoLastMigration();
    expect(await dataSource.query("SELECT 1 FROM sqlite_master WHERE name = 'nestjs_locked'")).toEqual([]);
    await dataSource.destroy();
  });
});

function refusal(option: string, message: RegExp): Error {
  return expect.objectContaining({ code: 'LOCK_OPTIONS', option, message: expect.stringMatching(message) }) as Error;
}

function of(options: Partial<DataSourceOptions>): DataSource {
  if (options.type === 'better-sqlite3') return new DataSource(options as DataSourceOptions);
  // A driver that is not installed would not even construct; only the type is read.
  return { options } as DataSource;
}

function inMemory(): DataSource {
  return of({ type: 'better-sqlite3', database: ':memory:' });
}
