import { LockUsageError, StaleTokenError } from '../core/errors.js';
import type { FenceStatements } from './fence.statements.js';
import type { FencingToken } from './fencing-token.js';
import type { Statement } from './statement.js';

/** How a fence reaches the database. */
export interface FenceAccess {
  readonly statements: FenceStatements;
  /** Runs a statement in the transaction that is to be guarded; answers how many rows it affected. */
  readonly run: (statement: Statement) => Promise<number>;
  /** Sees to it that the resource has a row. May throw instead, to be called again in a new transaction. */
  readonly insert: (fence: FencingToken) => Promise<void>;
}

/**
 * Raises the fence of every resource to its token, in the given order.
 *
 * @throws StaleTokenError when a larger token was there already; LockUsageError when it is of another kind of store
 */
export async function raiseFences(fences: readonly FencingToken[], access: FenceAccess): Promise<void> {
  for (const fence of fences) {
    if (await isRaised(fence, access)) continue;
    await access.insert(fence);
    if (await isRaised(fence, access)) continue;
    const cure =
      'If the key was moved from one lock store to another, see resetFence(); with guard(), check that the executor answers the number of affected rows.';
    const message = `This resource is fenced by tokens of another kind of store than ${fence.backend}. ${cure}`;
    throw new LockUsageError(message, { key: fence.storeKey, backend: fence.backend });
  }
}

/** `false`: the row is missing, or another kind's. */
async function isRaised(fence: FencingToken, { statements, run }: FenceAccess): Promise<boolean> {
  if ((await run(statements.raise(fence))) > 0) return true;
  // By a condition of its own: a row that came into being since then must not pass for a newer holder's.
  if ((await run(statements.outdated(fence))) === 0) return false;
  throw new StaleTokenError({ key: fence.storeKey, backend: fence.backend });
}
