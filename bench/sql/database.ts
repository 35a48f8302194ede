import type { SqlEngine } from '../../test/support/sql-engines.js';
import { openMariadb } from './mariadb.js';
import { openPostgres } from './postgres.js';

export interface Statement {
  /** Under which PostgreSQL keeps it prepared; mysql2 goes by the text. */
  readonly name: string;
  /** With `?` for each value. */
  readonly text: string;
}

/** One connection, lent until it is given back. */
export interface Session {
  run(statement: Statement, values?: readonly unknown[]): Promise<unknown>;
  giveBack(): void;
}

/** A driver at its barest: every statement is prepared once per connection and sent in one round trip. */
export interface Database {
  /** On any of the connections. */
  run(statement: Statement, values?: readonly unknown[]): Promise<unknown>;
  borrow(): Promise<Session>;
  close(): Promise<void>;
}

export interface DatabaseSettings {
  readonly url: string;
  /** 1: a connection without a pool. */
  readonly connections: number;
  /** How long a statement may wait for a lock, in ms. */
  readonly lockWaitMs?: number;
}

export function engineOf(url: string): SqlEngine {
  return url.startsWith('postgres:') ? 'postgres' : 'mariadb';
}

export function openDatabase(settings: DatabaseSettings): Promise<Database> {
  return engineOf(settings.url) === 'postgres' ? openPostgres(settings) : openMariadb(settings);
}
