import { checkedOptions, type FenceOptions } from './fence.options.js';
import { fenceStatements } from './fence.statements.js';
import { type Fence, fencesOf } from './fences-of.js';
import { type FenceExecutor, runWith } from './executor.js';
import { raiseFences } from './raise-fences.js';

/**
 * Refuses a holder whose lease is no longer the newest, from inside the transaction that it is about to write in. Call it
 * **first** in that transaction: its row stays locked until the end, so that a newer holder waits for this transaction, and
 * this one cannot begin after a newer holder's. One statement, as long as all is well. The rows are made by themselves.
 *
 * What the database throws comes through as it is. A serialization failure, deadlock or lock timeout
 * (40001, 40P01, 55P03, 1213, 1205, SQLITE_BUSY) at this place does **not** mean that the holder is stale: roll back and
 * begin the transaction anew while the lease is held.
 *
 * @param fence a lease, a set of leases, or tokens from `parseFencingToken`; several are guarded in locking order
 * @throws StaleTokenError: a newer holder was here. Roll back
 * @throws LockUsageError when the resource is fenced by tokens of another kind of store, and for what is no token
 * @throws LockLostError, before anything is executed, when a lease is not held any more
 * @throws LockOptionsError
 */
export async function guard(fence: Fence, execute: FenceExecutor, options: FenceOptions): Promise<void> {
  const statements = fenceStatements(checkedOptions(options));
  const run = runWith(execute);
  await raiseFences(fencesOf(fence), {
    statements,
    run,
    insert: async (missing) => {
      await run(statements.insert(missing));
    },
  });
}
