/** SQL engines whose text differs. MariaDB and MySQL share all of it but a few bounds on transactions. */
export type SqlEngine = 'postgres' | 'mysql' | 'mariadb' | 'sqlite';

/** An identifier that {@link checkedTable} has let through, as the engine wants it quoted. */
export function quoted(engine: SqlEngine, ...path: readonly (string | undefined)[]): string {
  const mark = engine === 'mysql' || engine === 'mariadb' ? '`' : '"';
  return path
    .filter((name) => name !== undefined)
    .map((name) => mark + name + mark)
    .join('.');
}
