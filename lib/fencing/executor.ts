import { LockUsageError } from '../core/errors.js';
import type { Statement } from './statement.js';

/**
 * Runs one statement on the connection of the transaction that is open, and answers how many rows it affected (`null`, as
 * some drivers have it: none). `params` are in the order of the placeholders.
 */
export type FenceExecutor = (sql: string, params: string[]) => Promise<number | null>;

/** @throws LockUsageError when the executor answers no number: what it did could not be judged */
export function runWith(execute: FenceExecutor): (statement: Statement) => Promise<number> {
  return async ({ sql, params }) => {
    const affected: unknown = (await execute(sql, params.map(String))) ?? 0;
    if (typeof affected === 'number' && affected >= 0) return affected;
    throw new LockUsageError('The executor of a fence must answer the number of affected rows.');
  };
}
