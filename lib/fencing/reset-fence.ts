import { storeKeyOf } from '../core/key.js';
import { type FenceExecutor, runWith } from './executor.js';
import { checkedOptions, type FenceOptions } from './fence.options.js';
import { fenceStatements } from './fence.statements.js';
import { checkedKind } from './parse-fencing-token.js';

/**
 * Moves a resource to another lock store, or has it accept smaller tokens again after the store was restored with its
 * clock behind. The order:
 *
 * 1. have every process take this key's locks from the new store;
 * 2. call this, with the kind of the new store.
 *
 * Until 2, holders of the new kind are refused (LockUsageError: another kind of store); from 2 on, those of the old kind
 * are. It is one statement on the row that every guarded transaction locks, so there is no moment at which both are
 * admitted: a transaction of the old kind that has passed its guard ends first, one that comes later is refused. After a
 * restore kind and resource stay the same: there stop the old holders first, for their larger tokens would be admitted.
 *
 * @param resource the `storeKey`: namespace included
 * @param backend kind of the store whose tokens are to be admitted: `lease.backend`
 * @param execute runs it in a transaction of its own, or in none
 * @throws LockKeyError, LockUsageError, LockOptionsError for arguments that are unfit; what the database throws
 */
export async function resetFence(
  resource: string,
  backend: string,
  execute: FenceExecutor,
  options: FenceOptions,
): Promise<void> {
  const statements = fenceStatements(checkedOptions(options));
  await runWith(execute)(statements.reset(storeKeyOf('', resource), checkedKind(backend)));
}
