import type { Provider } from '@nestjs/common';
import { getLocksToken } from '../inject-locks.decorator.js';
import { DEFAULT_STORE, LockService } from '../lock.service.js';
import type { Transactions } from '../lock.transactions.js';
import { FakeBackend } from './fake-backend.js';
import { FakeLocker } from './fake-locker.js';

/** Methods with `transaction` run as they are: what their `currentTransaction()` is, `insideTransaction()` says. */
const NO_TRANSACTIONS: Transactions = {
  run: async (_dataSource, _held, work) => await work(),
  check: () => Promise.resolve(),
};

/**
 * Locks for tests of services: real ones, in memory, that a test can look into and disturb. Keys are full ones, namespace
 * included where a decorator gives one.
 */
export class FakeLocks {
  /** For the `providers` of a testing module. */
  readonly providers: Provider[];
  /** For services that are made by hand. */
  readonly locks: LockService;
  readonly #keys = { taken: [] as string[], busy: new Set<string>(), losing: new Set<string>() };
  readonly #backends: readonly FakeBackend[];

  /** @param stores names of the stores besides the default one */
  constructor(...stores: string[]) {
    const names = [DEFAULT_STORE, ...stores];
    const backends = names.map((name) => [name, new FakeBackend(this.#keys)] as const);
    const lockers = new Map(backends.map(([name, backend]) => [name, new FakeLocker(name, backend, this.#keys)]));
    this.#backends = backends.map(([, backend]) => backend);
    this.locks = new LockService(lockers, DEFAULT_STORE, NO_TRANSACTIONS);
    this.providers = names.map((name) => ({ provide: getLocksToken(name), useValue: this.locks.on(name) }));
  }

  /** Keys that were taken so far, in their order. */
  get keys(): readonly string[] {
    return [...this.#keys.taken];
  }

  /** Somebody else holds the key from now on: callers get LockBusyError, or what `onBusy` says, and do not wait. */
  busy(key: string): void {
    this.#keys.busy.add(key);
  }

  /** The other one gives the key back. */
  free(key: string): void {
    this.#keys.busy.delete(key);
    for (const backend of this.#backends) backend.free(key);
  }

  /** From now on a lease on the key is lost as soon as the work under it begins. */
  loseDuring(key: string): void {
    this.#keys.losing.add(key);
  }
}

/** `const fake = provideFakeLocks();` and then `providers: [OrderService, ...fake.providers]` in a testing module. */
export function provideFakeLocks(...stores: string[]): FakeLocks {
  return new FakeLocks(...stores);
}
