import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';

/** The part of pg that stands beneath TypeORM's driver: `DataSource.query` would have every statement parsed anew. */
export interface PgPool {
  readonly options: object;
  query(query: PgQuery): Promise<PgResult>;
}

export interface PgClient {
  connect(): Promise<unknown>;
  query(query: PgQuery | string): Promise<PgResult>;
  on(event: 'error' | 'end', hear: () => void): unknown;
  on(event: 'notification', hear: (message: { readonly payload?: string | undefined }) => void): unknown;
  /** Lets the process end although the connection is open. */
  unref(): void;
  end(): Promise<void>;
}

export interface PgQuery {
  readonly name?: string | undefined;
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly rowMode?: 'array';
}

export interface PgResult {
  readonly rows: readonly (readonly unknown[])[];
  readonly rowCount: number | null;
}

interface PgDriver {
  readonly master: PgPool;
  readonly postgres: { readonly Client: new (options: object) => PgClient };
}

export function pgDriverOf(dataSource: DataSource): PgDriver {
  return dataSource.driver as unknown as PgDriver;
}

/** Behind a pooler the connection that knows a statement may be another's by now, or know it already; the table may have changed. */
const FORGOTTEN = new Set(['26000', '42P05', '0A000']);

/** Statements prepared once per connection, under names that are the same text's everywhere: poolers share connections. */
export class PreparedStatements<K extends string> {
  readonly #names: Readonly<Record<K, string>>;
  #prepares = true;

  constructor(
    private readonly pool: PgPool,
    private readonly texts: Readonly<Record<K, string>>,
  ) {
    const named = Object.entries<string>(texts).map(([key, text]) => [key, `nestjs_locked_${hashOf(text)}`]);
    this.#names = Object.fromEntries(named) as Record<K, string>;
  }

  async run(statement: K, values: readonly unknown[] = []): Promise<PgResult> {
    const query = { text: this.texts[statement], values, rowMode: 'array' as const };
    if (!this.#prepares) return await this.pool.query(query);
    try {
      return await this.pool.query({ ...query, name: this.#names[statement] });
    } catch (error) {
      if (!FORGOTTEN.has(String((Object(error) as { code?: unknown }).code))) throw error;
      this.#prepares = false;
      return await this.pool.query(query);
    }
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}
