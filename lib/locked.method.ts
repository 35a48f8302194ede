import type { Observable } from 'rxjs';
import { callerSignal, withoutCallerSignal } from './caller-signal.js';
import { untilSettled, whileSubscribed, type UnderLock } from './held-result.js';
import { boundLocker } from './lock.binding.js';
import type { LockRule } from './lock.rule.js';

/** Every method that stands under a decorator; its types were checked there. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

export interface LockedMethod {
  /** `OrderService.pay`, for messages. */
  readonly name: string;
  readonly rule: LockRule;
  /** Whether its declared type is an Observable: only then can the caller be given one before there is a lock. */
  readonly observable: boolean;
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
  return locked.observable
    ? whileSubscribed(underLock, work as () => Observable<unknown>, rule.stopsWhenLost)
    : untilSettled(underLock, work, rule.stopsWhenLost);
}
