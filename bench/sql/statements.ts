import mysql from 'mysql2';
import pg from 'pg';

type Methods = Record<string, (...args: unknown[]) => unknown>;

/**
 * Counts what this process sends to a server from now on, beneath TypeORM, Knex and the drivers' pools: a statement is a
 * round trip, COMMIT too. That of preparing it, once per connection, is none.
 */
export function countStatements(): () => number {
  let count = 0;
  const tap = (prototype: object, name: string): void => {
    const methods = prototype as Methods;
    const original = methods[name];
    methods[name] = function (this: unknown, ...args: unknown[]): unknown {
      count++;
      return original?.apply(this, args);
    };
  };
  tap(pg.Client.prototype, 'query');
  const { Connection } = mysql as unknown as { readonly Connection: { readonly prototype: object } };
  for (const name of ['query', 'execute']) tap(Connection.prototype, name);
  return () => count;
}
