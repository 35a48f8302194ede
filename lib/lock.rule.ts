import { LockKeyError, LockOptionsError } from './core/errors.js';
import type { Lease } from './core/lease.js';
import type { LeaseSet } from './core/lease-set.js';
import type { Locker } from './core/locker.js';
import { type CallOptions, prepare, type Settings, type Taken, type UsingOptions } from './core/options.js';
import { DEFAULT_STORE } from './lock.service.js';

/** Name of the data source that `transaction: true` means. */
const DEFAULT_DATA_SOURCE = 'default';

/** `skip`: only where the result admits `undefined`. A function gets what the method got, and its value is the result. */
export type OnBusy = 'throw' | 'skip' | ((busy: Taken, ...args: never[]) => unknown);

/** Options of a decorator: those of a call, and the store. */
export interface DecoratorOptions<B = OnBusy> extends Omit<CallOptions, 'signal'>, Pick<UsingOptions, 'onLost'> {
  /** When the key stays taken: throw (default), skip the method, or a function's value. */
  readonly onBusy?: B | undefined;
  /** Name of the store, where the module has several. */
  readonly backend?: string | undefined;
}

/** Of methods, not of handlers: a handler's own transaction would be committed by an interceptor, if at all. */
export interface TransactionOption {
  /**
   * Runs the method in a database transaction, inside of the lock, whose first statement refuses a holder whose lease is
   * no longer the current one. Only what goes through its EntityManager, `currentTransaction()` of 'nestjs-locked/typeorm', is
   * in it: an injected repository has a connection of its own. `true`: the default data source of TypeORM; or the name of
   * another. Needs the fence table: see `fencedTransaction`.
   */
  readonly transaction?: boolean | string | undefined;
}

/** What differs from call to call. */
export interface CallDetails {
  /** Stops waiting when aborted. */
  readonly signal: AbortSignal | undefined;
  /** What `onBusy` gets after the error. */
  readonly args: readonly unknown[];
  readonly self?: unknown;
}

export type Held = Lease | LeaseSet;

/** What a decorator was told: checked when the class is defined, read once per store. */
export class LockRule {
  /** Name of the store. */
  readonly store: string;
  /** Name of the data source in whose transaction the method runs. */
  readonly dataSource: string | undefined;
  readonly #options: UsingOptions;
  readonly #onBusy: ((this: unknown, busy: Taken, ...args: unknown[]) => unknown) | undefined;
  readonly #settings = new WeakMap<Locker, Settings>();

  /** @throws LockOptionsError naming the option that is unknown or out of bounds */
  constructor(
    readonly decorator: '@Locked' | '@UseLock',
    label: string,
    { backend = DEFAULT_STORE, onBusy, transaction = false, ...options }: DecoratorOptions & TransactionOption,
  ) {
    this.store = backend;
    this.dataSource = readTransaction(transaction);
    this.#onBusy = typeof onBusy === 'function' ? (onBusy as (busy: Taken, ...args: unknown[]) => unknown) : undefined;
    this.#options = {
      ...options,
      label: options.label ?? label,
      onBusy: typeof onBusy === 'function' ? 'throw' : onBusy,
    };
    prepare(this.#options);
  }

  get skips(): boolean {
    return this.#options.onBusy === 'skip';
  }

  /** Whether work whose lease is lost is stopped, where it can be: a stream, a subscription. */
  get stopsWhenLost(): boolean {
    return this.#options.onLost !== 'return';
  }

  /** Does `work` under the lock. `undefined` also when it was skipped. */
  async run(locker: Locker, keys: unknown, call: CallDetails, work: (held: Held) => unknown): Promise<unknown> {
    if (typeof keys !== 'string' && !Array.isArray(keys)) {
      throw new LockKeyError(`A key function must return a string or a list of strings, got ${typeof keys}.`);
    }
    return await locker.run(keys as string | readonly string[], this.#settingsFor(locker, call), work);
  }

  #settingsFor(locker: Locker, { signal, args, self }: CallDetails): Settings {
    let settings = this.#settings.get(locker);
    if (!settings) this.#settings.set(locker, (settings = locker.prepare(this.#options)));
    const onBusy = this.#onBusy;
    if (onBusy) settings = { ...settings, onBusy: (busy) => onBusy.call(self, busy, ...args) };
    return signal ? { ...settings, signal } : settings;
  }
}

function readTransaction(transaction: unknown): string | undefined {
  if (transaction === false) return undefined;
  if (transaction === true) return DEFAULT_DATA_SOURCE;
  if (typeof transaction === 'string' && transaction !== '') return transaction;
  throw new LockOptionsError('transaction', 'must be true, false, or the name of a data source.');
}
