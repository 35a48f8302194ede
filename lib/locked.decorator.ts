import { UseFilters, UseInterceptors } from '@nestjs/common';
import { CallerSignalInterceptor } from './caller-signal.js';
import { LockKeyError, LockUsageError } from './core/errors.js';
import { returnsObservable } from './declared-result.js';
import { compileKey, type KeySite } from './keys/index.js';
import { LockExceptionFilter } from './lock-exception.filter.js';
import { marksOf } from './lock-key.decorator.js';
import { injectLocks } from './lock.binding.js';
import { claimMethod, nameOf } from './lock.metadata.js';
import { type DecoratorOptions, LockRule, type TransactionOption } from './lock.rule.js';
import { callLocked, type LockedMethod, type Method } from './locked.method.js';
import type { BusyAnswer, KeySource, LockedDecorator, NoAnswer } from './locked.types.js';

/** Options of {@link Locked}. */
export type LockedOptions<
  S extends 'throw' | 'skip' = 'throw' | 'skip',
  A extends unknown[] = never[],
  V = unknown,
> = DecoratorOptions<BusyAnswer<S, A, V>> & TransactionOption;

/**
 * Runs the method under a lock, wherever it is called from: `@Locked('order:<id>', { wait: '2s' })`.
 *
 * `<id>` is the parameter `id`, after pipes; `<dto.orderId>` a part of it; `<0>` the first one. Values must be non-empty
 * strings, numbers, bigints or booleans. Several templates lock several keys; a function gets the method's arguments.
 *
 * A method that returns an Observable takes the lock inside each subscription; declare it, `(): Observable<T>`, with the
 * class itself imported and not only its type. A method that returns a stream keeps the lock until the stream has ended.
 *
 * Stands above `@Transactional()` and the like: the lock must outlive the COMMIT. Interceptors run outside of it: where one
 * of them commits, take {@link UseLock}.
 *
 * @throws LockKeyError, LockOptionsError, LockUsageError when the class is defined and something does not fit; when
 *   called what `LockService.using` throws, and LockNotBoundError on an instance without a LockModule
 */
export function Locked<
  const K extends KeySource,
  S extends 'throw' | 'skip' = 'throw',
  A extends unknown[] = [],
  V = NoAnswer,
>(key: K, options: LockedOptions<S, A, V> = {}): LockedDecorator<K, S, A, V> {
  const decorate = (target: object, property: string | symbol, descriptor?: TypedPropertyDescriptor<unknown>): void => {
    const name = nameOf(target, property);
    const method = descriptor?.value;
    if (!descriptor || typeof method !== 'function' || typeof target === 'function') {
      throw new LockUsageError(`@Locked stands on methods of instances only, not on ${name}.`);
    }
    const site: KeySite = { target, property, method: method as Method, marked: marksOf(target, property) };
    const { label, keysFor } = readKey(key, site, name);
    const rule = new LockRule('@Locked', label, options as DecoratorOptions & TransactionOption);
    const returns = resultOf(target, property, method as Method);
    if (rule.dataSource !== undefined && returns === 'observable') {
      throw new LockUsageError(
        `${name} returns an Observable: a transaction needs an end, so it must return a Promise.`,
      );
    }
    claimMethod(target, property, rule);
    injectLocks(target);
    descriptor.value = wrap(method as Method, {
      name,
      rule,
      keysFor,
      returns,
    });
    UseFilters(LockExceptionFilter)(target, property, descriptor);
    UseInterceptors(CallerSignalInterceptor)(target, property, descriptor);
  };
  return decorate as LockedDecorator<K, S, A, V>;
}

function readKey(key: KeySource, site: KeySite, name: string): { label: string } & Pick<LockedMethod, 'keysFor'> {
  if (typeof key === 'function') {
    const keyOf = key as Method;
    return { label: name, keysFor: (self, args) => Reflect.apply(keyOf, self, args) };
  }
  if (typeof key === 'string') {
    const compiled = compileKey(key, site);
    return { label: key, keysFor: (_self, args) => compiled.resolve(args) };
  }
  if (key.length === 0) throw new LockKeyError(`The list of keys of ${name} must not be empty.`);
  const compiled = key.map((template) => compileKey(template, site));
  return { label: key.join(' + '), keysFor: (_self, args) => compiled.map((one) => one.resolve(args)) };
}

/** A Proxy keeps name, length and own properties; metadata of decorators below it are copied. */
function wrap(method: Method, locked: LockedMethod): Method {
  const wrapped = new Proxy(method, {
    apply: (_method, self: unknown, args) => callLocked(locked, method, self, args),
  });
  for (const key of Reflect.getMetadataKeys(method) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, method), wrapped);
  }
  return wrapped;
}

const AsyncFunction = (async () => Promise.resolve()).constructor;

function resultOf(target: object, property: string | symbol, method: Method): LockedMethod['returns'] {
  const declared: unknown = Reflect.getMetadata('design:returntype', target, property);
  if (declared === Promise || method instanceof AsyncFunction) return 'promise';
  return returnsObservable(target, property) ? 'observable' : 'undeclared';
}
