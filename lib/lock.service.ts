import type { Locker } from './core/locker.js';
import { LockOptionsError } from './core/errors.js';
import type { Transactions } from './lock.transactions.js';

/** Name of the store that `LockService` itself stands for. */
export const DEFAULT_STORE = 'default';

export type Lockers = ReadonlyMap<string, Locker>;

/**
 * The Locker of one store behind an injected LockService; `undefined` when `value` is none of ours, but a mock for
 * example. `user` is who asks, for the message.
 *
 * @throws LockOptionsError when the module has no such store
 */
export let lockerOf: (value: unknown, store: string, user: string) => Locker | undefined;

/** Where its `@Locked` methods get their transactions; `undefined` when `value` is none of ours, or was given none. */
export let transactionsOf: (value: unknown) => Transactions | undefined;

/** Takes locks by hand, where {@link Locked} does not fit. Inject it; `on('ledger')` is the store of that name. */
export class LockService {
  readonly #lockers: Lockers;
  readonly #transactions: Transactions | undefined;
  /** Name of the store, as the module was given it. */
  readonly name: string;

  /** {@inheritDoc Locker.using} */
  readonly using: Locker['using'];
  /** {@inheritDoc Locker.acquire} */
  readonly acquire: Locker['acquire'];
  /** {@inheritDoc Locker.tryAcquire} */
  readonly tryAcquire: Locker['tryAcquire'];

  /** @internal Made by LockModule. */
  constructor(lockers: Lockers, name: string = DEFAULT_STORE, transactions?: Transactions) {
    this.#lockers = lockers;
    this.#transactions = transactions;
    this.name = name;
    const locker = find(lockers, name);
    this.using = locker.using.bind(locker);
    this.acquire = locker.acquire.bind(locker);
    this.tryAcquire = locker.tryAcquire.bind(locker);
  }

  /**
   * The locks of another store of this module.
   *
   * @throws LockOptionsError when the module has no store of that name
   */
  on(store: string): LockService {
    return store === this.name ? this : new LockService(this.#lockers, store, this.#transactions);
  }

  static {
    // A private field cannot be imitated: neither by an auto-mock nor by an object that has all the methods.
    lockerOf = (value, store, user) =>
      typeof value === 'object' && value !== null && #lockers in value ? find(value.#lockers, store, user) : undefined;
    transactionsOf = (value) =>
      typeof value === 'object' && value !== null && #transactions in value ? value.#transactions : undefined;
  }
}

function find(lockers: Lockers, name: string, user?: string): Locker {
  const locker = lockers.get(name);
  if (locker) return locker;
  const known = [...lockers.keys()].join(', ');
  const whose = user === undefined ? '' : `of ${user} `;
  throw new LockOptionsError('backend', `${whose}is '${name}', but LockModule has no such store. It has: ${known}.`);
}
