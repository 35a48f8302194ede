import { isNativeError } from 'node:util/types';
import { Logger } from '@nestjs/common';
import { loadBackend } from './backend.loader.js';
import type { LockBackend } from './core/backend.js';
import { LockBackendError, LockOptionsError } from './core/errors.js';
import type { ConfiguredLockOptions } from './core/options.js';
import { Locker } from './core/locker.js';
import { DEFAULT_STORE, type Lockers } from './lock.service.js';
import type { BackendSource, LockModuleOptions, StoreOptions } from './lock.options.js';

const OURS = new Set(['backend', 'backends', 'quota', 'shutdown']);

/** Token of the Lockers of one LockModule, by name. */
export const LOCKERS = Symbol('nestjs-locked:lockers');

/**
 * Opens the stores of a module.
 *
 * @throws LockOptionsError naming the option that is missing, unknown or out of bounds; LockBackendError when a store
 *   cannot work as it is configured
 */
export async function openStores(options: LockModuleOptions, names: readonly string[]): Promise<Lockers> {
  const lockers = new Map<string, Locker>();
  try {
    for (const [name, store] of storesOf(options, names)) {
      const given = { ...lockOptionsOf(options), ...lockOptionsOf(store), quota: store.quota ?? options.quota };
      lockers.set(name, new Locker(await open(store.backend), { ...given, name }));
    }
    await Promise.all([...lockers.values()].map(check));
    return lockers;
  } catch (error) {
    // Nobody is left who could: their connections would keep the process, and whoever waits for its end.
    await Promise.allSettled([...lockers.values()].map((locker) => locker.close({ drain: 0 })));
    throw error;
  }
}

/** What cannot work is told at boot; a store that is only unreachable may be back before the first lock is wanted. */
async function check(locker: Locker): Promise<void> {
  try {
    await locker.ping();
  } catch (error) {
    const isFinal = !(error instanceof LockBackendError) || (error.outcome === 'not-applied' && !error.transient);
    if (isFinal) throw error;
    new Logger('nestjs-locked').warn(
      `The lock store '${locker.name}' does not answer yet. ${error.message}${reasonOf(error)}`,
    );
  }
}

/** What the driver said: for the log, and not part of a message that may reach clients. */
function reasonOf({ cause }: LockBackendError): string {
  return isNativeError(cause) && cause.message !== '' ? ` (${cause.message})` : '';
}

function storesOf({ backend, backends }: LockModuleOptions, names: readonly string[]): Map<string, StoreOptions> {
  if ((backend === undefined) === (backends === undefined)) {
    throw new LockOptionsError(
      'backend',
      'must be given, or `backends`, and not both: a URL or for example `memory()`.',
    );
  }
  const stores = new Map<string, StoreOptions>();
  for (const [name, store] of Object.entries(backends ?? { [DEFAULT_STORE]: backend })) {
    if (store !== undefined) stores.set(name, isStoreOptions(store) ? store : { backend: store });
  }
  const missing = names.find((name) => !stores.has(name));
  if (missing !== undefined) throw new LockOptionsError('backends', `has no store called '${missing}'.`);
  const unnamed = [...stores.keys()].find((name) => !names.includes(name));
  if (unnamed !== undefined) {
    throw new LockOptionsError('names', `must list '${unnamed}', which is among the backends: nobody could inject it.`);
  }
  return stores;
}

function isStoreOptions(store: BackendSource | StoreOptions): store is StoreOptions {
  return typeof store === 'object' && 'backend' in store;
}

async function open(source: unknown): Promise<LockBackend> {
  if (typeof source === 'string') return await loadBackend(source);
  const backend = source as LockBackend | null | undefined;
  if (typeof backend?.acquire === 'function') return backend;
  throw new LockOptionsError('backend', 'must be a URL, or what a backend factory such as `memory()` returns.');
}

/** What is left for the Locker to check. An option that is there but `undefined` must not hide the module's default. */
function lockOptionsOf(options: LockModuleOptions | StoreOptions): ConfiguredLockOptions {
  const given = Object.entries(options).filter(([name, value]) => value !== undefined && !OURS.has(name));
  return Object.fromEntries(given);
}
