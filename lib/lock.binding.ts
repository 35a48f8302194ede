import { Inject } from '@nestjs/common';
import type { Locker } from './core/locker.js';
import { LockNotBoundError } from './core/errors.js';
import { lockerOf, LockService, transactionsOf } from './lock.service.js';
import type { Transactions } from './lock.transactions.js';

/** Nest prints the description when it cannot inject the property: it is the help text for a missing module. */
const LOCKS = Symbol('LockService for @Locked: add LockModule.forRoot({ backend }) to the imports of your root module');

interface Bound {
  [LOCKS]?: unknown;
}

/** Has Nest put the module's LockService into every instance of the class, whatever its scope. */
export function injectLocks(prototype: object): void {
  Inject(LockService)(prototype, LOCKS);
}

/** Does by hand what Nest does for the classes it instantiates itself. */
export function bind(instance: object, locks: LockService): void {
  (instance as Bound)[LOCKS] = locks;
}

export function boundLocks(instance: object): unknown {
  return (instance as Bound)[LOCKS];
}

/**
 * The store that a `@Locked` method of this instance locks in.
 *
 * @throws LockNotBoundError when there is none: better not to run than to run unlocked
 */
export function boundLocker(instance: unknown, store: string, method: string): Locker {
  const locks = instance === undefined || instance === null ? undefined : boundLocks(instance);
  const locker = lockerOf(locks, store, method);
  if (locker) return locker;
  throw notBound(locks, method);
}

/**
 * Where a `@Locked` method of this instance gets its transaction.
 *
 * @throws LockNotBoundError when there is nowhere: better not to run than to run outside of one
 */
export function boundTransactions(instance: unknown, method: string): Transactions {
  const locks = instance === undefined || instance === null ? undefined : boundLocks(instance);
  const transactions = transactionsOf(locks);
  if (transactions) return transactions;
  throw notBound(locks, method);
}

function notBound(locks: unknown, method: string): LockNotBoundError {
  return new LockNotBoundError(
    locks === undefined
      ? `${method} is @Locked, but its instance was not made by NestJS with LockModule. ` +
          "Get it from the application, or call bindLocks(instance) of 'nestjs-locked/testing'."
      : `${method} is @Locked, but what stands for LockService is not one: a mock, perhaps. ` +
          "Use provideFakeLocks() of 'nestjs-locked/testing'.",
  );
}
