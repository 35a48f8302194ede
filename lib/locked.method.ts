import { callerSignal, withoutCallerSignal } from './caller-signal.js';
import { untilSettled, whileSubscribed, type UnderLock } from './held-result.js';
import { boundLocker } from './lock.binding.js';
import type { LockRule } from './lock.rule.js';
import { promiseOrObservable } from './undeclared-result.js';

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
    return await rule.run(locker, locked.keysFor(self, args), { signal, args, self }, body);
  };
  const asPromise = () => untilSettled(underLock, work, rule.stopsWhenLost);
  const asObservable = () => whileSubscribed(underLock, work, rule);
  if (locked.returns === 'promise') return asPromise();
  return locked.returns === 'observable' ? asObservable() : promiseOrObservable(asPromise, asObservable);
}
