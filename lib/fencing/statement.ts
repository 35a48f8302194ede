import type { SqlEngine } from '../sql/engine.js';

/** A statement and what is bound to its placeholders. */
export interface Statement {
  readonly sql: string;
  readonly params: readonly unknown[];
}

/** Binds a value and answers its placeholder. */
export type Bind = (value: unknown) => string;

/** Collects the values while the text is written, in the order of their placeholders. */
export function statement(placeholder: '?' | '$', write: (bind: Bind) => string): Statement {
  const params: unknown[] = [];
  const sql = write((value) => {
    params.push(value);
    return placeholder === '$' ? `$${String(params.length)}` : '?';
  });
  return { sql, params };
}

/** Turns a decimal string into a number on the server: exact up to 2^63, which a number of JavaScript's is not. */
export function asBigInt(engine: SqlEngine, placeholder: string): string {
  // PostgreSQL: twice, so that clients which ask the server for the type of a parameter send a string as a string.
  if (engine === 'postgres') return `CAST(CAST(${placeholder} AS text) AS bigint)`;
  return `CAST(${placeholder} AS ${engine === 'sqlite' ? 'INTEGER' : 'SIGNED'})`;
}
