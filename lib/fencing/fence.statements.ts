import { type FenceOptions, fenceTable } from './fence.options.js';
import type { FencingToken } from './fencing-token.js';
import { asBigInt, type Bind, type Statement, statement } from './statement.js';

/** SQL of a fence. Each statement locks the resource's row until the transaction ends. */
export interface FenceStatements {
  /**
   * Changes the row if its token is not larger.
   *
   * @param from more tables to read while it does
   */
  raise(fence: FencingToken, from?: (bind: Bind) => string): Statement;
  /** Changes the row only if it holds a larger token of the same kind. */
  outdated(fence: FencingToken): Statement;
  /** Makes the row where it is missing, as one that lets every token in. */
  insert(fence: FencingToken): Statement;
  /** Makes the row one that lets every token of this kind in, and none of another. */
  reset(resource: string, backend: string): Statement;
}

export function fenceStatements(options: FenceOptions): FenceStatements {
  const { engine, placeholder = engine === 'postgres' ? '$' : '?' } = options;
  const table = fenceTable(options);
  const write = (text: (bind: Bind) => string): Statement => statement(placeholder, text);
  const token = (bind: Bind, value: bigint): string => asBigInt(engine, bind(String(value)));
  const row = ({ storeKey, backend }: Omit<FencingToken, 'token'>, bind: Bind): string =>
    `INSERT INTO ${table} (resource, backend, token, raised) VALUES (${bind(storeKey)}, ${bind(backend)}, 0, 0)`;
  const hasConflictClause = engine === 'postgres' || engine === 'sqlite';

  return {
    raise: (fence, from) =>
      write(
        (bind) =>
          `UPDATE ${table} SET token = ${token(bind, fence.token)}, raised = raised + 1${from?.(bind) ?? ''} ` +
          `WHERE resource = ${bind(fence.storeKey)} AND backend = ${bind(fence.backend)} AND token <= ${token(bind, fence.token)}`,
      ),
    outdated: (fence) =>
      write(
        (bind) =>
          `UPDATE ${table} SET raised = raised + 1 ` +
          `WHERE resource = ${bind(fence.storeKey)} AND backend = ${bind(fence.backend)} AND token > ${token(bind, fence.token)}`,
      ),
    // Not INSERT IGNORE: that would ignore other errors as well.
    insert: (fence) =>
      write(
        (bind) =>
          row(fence, bind) +
          (hasConflictClause ? ' ON CONFLICT (resource) DO NOTHING' : ' ON DUPLICATE KEY UPDATE resource = resource'),
      ),
    reset: (storeKey, backend) =>
      write((bind) => {
        const set = `token = 0, raised = ${table}.raised + 1`;
        const insert = row({ storeKey, backend }, bind);
        return hasConflictClause
          ? `${insert} ON CONFLICT (resource) DO UPDATE SET backend = excluded.backend, ${set}`
          : `${insert} ON DUPLICATE KEY UPDATE backend = VALUES(backend), ${set}`;
      }),
  };
}
