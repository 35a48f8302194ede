import { LockOptionsError } from '../core/errors.js';

export const DEFAULT_TABLE = 'nestjs_locked';

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/**
 * The only place where a name is let into SQL text.
 *
 * @throws LockOptionsError when it is no plain identifier
 */
export function checkedTable(table: unknown = DEFAULT_TABLE, option = 'table'): string {
  if (typeof table === 'string' && IDENTIFIER.test(table)) return table;
  throw new LockOptionsError(option, 'must be 1 to 63 letters, digits or _, and not begin with a digit.');
}
