import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource, EntitySchema, type DataSourceOptions, type EntityManager } from 'typeorm';
import { memory } from '../../lib/backends/memory/index.js';
import { Locker, type Lease } from '../../lib/core/index.js';
import { fenceTableDdl } from '../../lib/fencing/index.js';
import { startSqlServer, type SqlServer } from '../support/sql-server.js';

export interface Stock {
  id: number;
  sold: number;
  fence: string | number | null;
}

export const Stock = new EntitySchema<Stock>({
  name: 'Stock',
  tableName: 'stock',
  columns: {
    id: { type: 'int', primary: true },
    sold: { type: 'int' },
    fence: { type: 'bigint', nullable: true },
  },
});

const STOCK = 'CREATE TABLE stock (id int NOT NULL PRIMARY KEY, sold int NOT NULL, fence bigint)';

export type StageEngine = 'sqlite' | 'postgres' | 'mariadb';
export const STAGE_ENGINES: readonly StageEngine[] = ['sqlite', 'postgres', 'mariadb'];

/** A database with the table of fences and one of the application's, both empty. */
export class FencedStage {
  readonly #opened: DataSource[] = [];

  private constructor(
    readonly engine: StageEngine,
    readonly url: string,
    readonly server: SqlServer | undefined,
    private readonly remove: () => Promise<void>,
  ) {}

  static async start(engine: StageEngine, { tables = true }: { tables?: boolean } = {}): Promise<FencedStage> {
    const stage = engine === 'sqlite' ? await FencedStage.#file() : await FencedStage.#server(engine);
    if (tables) {
      await stage.createTable(fenceTableDdl(engine), 'nestjs_locked_fences');
      await stage.createTable(STOCK, 'stock');
    }
    return stage;
  }

  static async #file(): Promise<FencedStage> {
    const folder = await mkdtemp(join(tmpdir(), 'nestjs-locked-fenced-'));
    return new FencedStage('sqlite', join(folder, 'shop.db'), undefined, () => rm(folder, { recursive: true }));
  }

  static async #server(engine: 'postgres' | 'mariadb'): Promise<FencedStage> {
    const server = await startSqlServer(engine, { config: { max_connections: '120' } });
    return new FencedStage(engine, server.url, server, () => server.stop());
  }

  async createTable(ddl: string, table: string): Promise<void> {
    if (this.server) await this.server.createTable(ddl, table);
    else await (await this.open()).query(ddl);
  }

  /** For an application with the least rights. */
  options(options: Partial<DataSourceOptions> = {}): DataSourceOptions {
    const file = { type: 'better-sqlite3', database: this.url, enableWAL: true, timeout: 0 };
    const pool = { type: this.engine, url: this.url, poolSize: 40 };
    return { ...(this.server ? pool : file), entities: [Stock], ...options } as DataSourceOptions;
  }

  async open(options: Partial<DataSourceOptions> = {}): Promise<DataSource> {
    const dataSource = await new DataSource(this.options(options)).initialize();
    this.#opened.push(dataSource);
    return dataSource;
  }

  async stop(): Promise<void> {
    for (const dataSource of this.#opened) if (dataSource.isInitialized) await dataSource.destroy();
    await this.remove();
  }
}

/** A store of its own: what it grants is held, whoever holds the same key of another. */
export function newLocker(): Locker {
  return new Locker(memory({ singleProcess: true }), { lease: '30s' });
}

/** Two leases on a key, both in good faith: the second is newer, as after a first holder who was taken for dead. */
export async function rivals(key: string): Promise<{ older: Lease; newer: Lease }> {
  const older = await newLocker().acquire(key);
  await sleep(2);
  return { older, newer: await newLocker().acquire(key) };
}

let ids = 0;

/** A row of stock, and a key of its own. */
export async function someStock(dataSource: DataSource): Promise<{ id: number; key: string }> {
  const id = ++ids;
  await dataSource.getRepository(Stock).insert({ id, sold: 0, fence: null });
  return { id, key: `stock:${id}` };
}

export function sell(id: number): (manager: EntityManager) => Promise<void> {
  return async (manager) => {
    await manager.increment(Stock, { id }, 'sold', 1);
  };
}

export async function sold(dataSource: DataSource, id: number): Promise<number> {
  return (await dataSource.getRepository(Stock).findOneByOrFail({ id })).sold;
}

/** The fences of keys that begin so, in locking order. */
export async function fences(dataSource: DataSource, prefix: string): Promise<{ storeKey: string; token: bigint }[]> {
  const rows = await dataSource.query<{ resource: string | Buffer; token: string | number }[]>(
    `SELECT resource, token FROM nestjs_locked_fences WHERE resource LIKE '${prefix}%' ORDER BY resource`,
  );
  return rows.map(({ resource, token }) => ({ storeKey: resource.toString(), token: BigInt(token) }));
}
