import { LockOptionsError } from '../../core/errors.js';

/** What holds for one server as well as for several. */
export interface SharedOptions {
  /** What the names of locks begin with; default `lock:`. */
  readonly prefix?: string | undefined;
  /** The exact name of a key's lock, instead of `prefix`: to share locks with another client. Distinct for distinct keys. */
  readonly keyOf?: ((key: string) => string) | undefined;
  /** Told what is wrong with the server's configuration; default `process.emitWarning`. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

export const SHARED_OPTIONS = ['prefix', 'keyOf', 'onWarning'];

/** @throws LockOptionsError naming the option */
export function readShared({ prefix = 'lock:', keyOf, onWarning = warn }: SharedOptions): {
  nameOf: (key: string) => string;
  onWarning: (message: string) => void;
} {
  if (typeof prefix !== 'string') throw new LockOptionsError('prefix', 'must be a string.');
  if (keyOf !== undefined && typeof keyOf !== 'function')
    throw new LockOptionsError('keyOf', 'must be a function from a key to a name.');
  if (typeof onWarning !== 'function') throw new LockOptionsError('onWarning', 'must be a function.');
  return { nameOf: keyOf ?? ((key) => prefix + key), onWarning };
}

function warn(message: string): void {
  process.emitWarning(message, { type: 'LockWarning', code: 'NESTJS_LOCKED_REDIS' });
}
