import { isObservable } from 'rxjs';
import { callerSignal, withoutCallerSignal } from './caller-signal.js';
import { untilSettled, whileSubscribed, type UnderLock } from './held-result.js';
import { boundLocker, boundTransactions } from './lock.binding.js';
import { LockUsageError } from './core/errors.js';
import type { Held, LockRule } from './lock.rule.js';
import { promiseOrObservable } from './undeclared-result.js';

type Body = (held: Held) => unknown;

/** Every method that stands under a decorator; its types were checked there. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

export interface LockedMethod {
  /** `OrderService.pay`, for messages. */
  readonly name: string;
  readonly rule: LockRule;
  /** What it returns: known before it is called, for it is not called before there is a lock. */
  readonly returns: 'promise' | 'observable' | 'undeclared';
  /** @throws LockKeyError before anything is touched */
  keysFor(self: unknown, args: readonly unknown[]): unknown;
}

/** One call of a `@Locked` method. */
export function callLocked(locked: LockedMethod, method: Method, self: unknown, args: unknown[]): unknown {
  const { rule, name } = locked;
  const caller = callerSignal();
  const work = caller
    ? () => withoutCallerSignal(() => Reflect.apply(method, self, args))
    : () => Reflect.apply(method, self, args);
  const underLock: UnderLock = async (body, left) => {
    const locker = boundLocker(self, rule.store, name);
    const signal = left && caller ? AbortSignal.any([left, caller]) : (left ?? caller);
    return await rule.run(locker, locked.keysFor(self, args), { signal, args, self }, inside(locked, self, body));
  };
  const asPromise = () => untilSettled(underLock, work, rule.stopsWhenLost);
  // Declared as neither: a transaction needs an end, so it can only be a Promise.
  if (rule.dataSource !== undefined) return asPromise();
  const asObservable = () => whileSubscribed(underLock, work, rule);
  if (locked.returns === 'promise') return asPromise();
  return locked.returns === 'observable' ? asObservable() : promiseOrObservable(asPromise, asObservable);
}

/** Lock outside, transaction inside. */
function inside({ rule: { dataSource }, name }: LockedMethod, self: unknown, body: Body): Body {
  if (dataSource === undefined) return body;
  const transactions = boundTransactions(self, name);
  return (held) =>
    transactions.run(dataSource, held, async () => {
      const result = await body(held);
      if (isObservable(result)) throw new LockUsageError(`${name} returned an Observable: a transaction needs an end.`);
      return result;
    });
}
