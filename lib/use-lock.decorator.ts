import { applyDecorators, type ExecutionContext, UseFilters, UseInterceptors } from '@nestjs/common';
import type { Taken } from './core/options.js';
import { LockExceptionFilter } from './lock-exception.filter.js';
import { LockInterceptor } from './lock.interceptor.js';
import { claimMethod, type ContextKey, nameOf, setHandlerLock } from './lock.metadata.js';
import { type DecoratorOptions, LockRule } from './lock.rule.js';

/** Options of {@link UseLock}; a function in `onBusy` gets the ExecutionContext. */
export type UseLockOptions = DecoratorOptions<'throw' | 'skip' | ((busy: Taken, context: ExecutionContext) => unknown)>;

/**
 * Locks a whole handler, with its pipes and all of its own interceptors, by a key taken from the request. Interceptors of
 * the application run outside of it, and above a method those of its class: a transaction of theirs is committed when the
 * lock is gone.
 *
 * The key is built **before** pipes: `/orders/7` and `/orders/007` give two keys, though the order be one. Where the key
 * comes from parameters, prefer {@link Locked}.
 *
 * Above a class it is meant for all of its handlers; that of a method takes the place of that of the class.
 *
 * @throws LockOptionsError, LockUsageError when the class is defined
 */
export function UseLock(keyOf: ContextKey, options: UseLockOptions = {}): MethodDecorator & ClassDecorator {
  return (target: object, property?: string | symbol, descriptor?: PropertyDescriptor): void => {
    const onMethod = property !== undefined && descriptor !== undefined;
    const name = onMethod ? nameOf(target, property) : (target as { readonly name: string }).name;
    const rule = new LockRule('@UseLock', name, options);
    if (onMethod) claimMethod(target, property, rule);
    const handlerOrClass = onMethod ? (descriptor.value as object) : target;
    setHandlerLock(handlerOrClass, { rule, keyOf });
    applyDecorators(UseFilters(LockExceptionFilter), UseInterceptors(LockInterceptor))(target, property, descriptor);
    makeOutermost(handlerOrClass);
  };
}

/**
 * Interceptors run in the order in which their decorators are applied, from below: a transaction below would be
 * committed after the lock is gone. The list is known by its content, for Nest does not publish the name of it.
 */
function makeOutermost(handlerOrClass: object): void {
  for (const name of Reflect.getOwnMetadataKeys(handlerOrClass) as unknown[]) {
    const list: unknown = Reflect.getOwnMetadata(name, handlerOrClass);
    if (!Array.isArray(list) || !list.includes(LockInterceptor)) continue;
    const others = list.filter((one) => one !== LockInterceptor) as unknown[];
    Reflect.defineMetadata(name, [LockInterceptor, ...others], handlerOrClass);
  }
}
