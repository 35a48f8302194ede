import type { LockBackend } from './core/backend.js';
import type { Quota } from './core/context.js';
import type { ConfiguredDuration } from './core/duration.js';
import type { ConfiguredLockOptions } from './core/options.js';

/**
 * A store: what a factory such as `memory()` or `sqlite({ file })` returns, or a URL: `memory:`, `sqlite:./locks.db`.
 */
export type BackendSource = LockBackend | string;

/** A store with defaults of its own, which come before those of the module. */
export interface StoreOptions extends ConfiguredLockOptions {
  readonly backend: BackendSource;
  /** Limits of this process on the locks of this store. */
  readonly quota?: Partial<Quota> | undefined;
}

export interface ShutdownOptions {
  /** From the beginning of the shutdown, while the server still serves, nobody waits longer than this; default 1 s. */
  readonly wait?: ConfiguredDuration | undefined;
  /** How long holders may work on before their leases are taken from them; default 10 s. */
  readonly drain?: ConfiguredDuration | undefined;
}

/** Options of `LockModule.forRoot`: one `backend`, or several `backends`, and defaults for every lock. */
export interface LockModuleOptions extends ConfiguredLockOptions {
  readonly backend?: BackendSource | undefined;
  /** Several stores by name; one of them is called `default`. */
  readonly backends?: Readonly<Record<string, BackendSource | StoreOptions>> | undefined;
  /** Limits of this process, per store. */
  readonly quota?: Partial<Quota> | undefined;
  readonly shutdown?: ShutdownOptions | undefined;
}

/** For `useClass` and `useExisting`. */
export interface LockOptionsFactory {
  createLockOptions(): LockModuleOptions | Promise<LockModuleOptions>;
}

/** What must be known before any option is: it decides what the module offers for injection. */
export interface LockModuleExtras {
  /** Default `true`: imported once, the locks are there in every module. */
  readonly isGlobal?: boolean | undefined;
  /** Names of the stores, `default` among them; `forRoot` reads them from `backends`. */
  readonly names?: readonly string[] | undefined;
}
