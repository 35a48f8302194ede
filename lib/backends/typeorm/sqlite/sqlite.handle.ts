/** The part of better-sqlite3 that stands beneath TypeORM's driver and runs the hot statements, prepared once. */
export interface SqliteHandle {
  prepare(sql: string): SqliteStatement;
  pragma(text: string): unknown;
  /** Makes `call` a function of SQL on this connection. */
  function(name: string, call: (value: SqliteValue) => SqliteValue): unknown;
  close(): void;
}

export interface SqliteStatement {
  /** Rows as arrays. */
  raw(): this;
  /** Runs to the end. `get()` would stop at the first row, and a COMMIT that failed behind it would go unheard. */
  all(...values: readonly SqliteValue[]): SqliteValue[][];
  run(...values: readonly SqliteValue[]): { readonly changes: number };
}

export type SqliteValue = string | number | null;
