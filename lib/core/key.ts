import { LockKeyError, LockUsageError } from './errors.js';

/** Longest key, namespace included, in bytes of UTF-8: every store carries it, none truncates it. */
export const MAX_KEY_BYTES = 512;

// C0, DEL and C1: some stores refuse them, some cut at them, and no person can see them in a log.
const CONTROL = /\p{Cc}/u;

/**
 * Checks a key and puts the namespace before it. Keys are compared byte by byte: case, accents and composed or
 * decomposed forms are different keys.
 *
 * @throws LockKeyError when it is no string, empty, longer than 512 bytes, or has control characters or lone surrogates
 */
export function storeKeyOf(namespace: string, key: unknown): string {
  if (typeof key !== 'string')
    throw new LockKeyError(`A key must be a string, got ${key === null ? 'null' : typeof key}.`);
  if (key === '') throw new LockKeyError('A key must not be empty.');
  const storeKey = namespace === '' ? key : `${namespace}:${key}`;
  // A UTF-16 unit takes at most three bytes: most keys are short enough without counting.
  if (storeKey.length * 3 > MAX_KEY_BYTES && Buffer.byteLength(storeKey) > MAX_KEY_BYTES) {
    throw new LockKeyError(`A key must not be longer than ${String(MAX_KEY_BYTES)} bytes, namespace included.`);
  }
  if (CONTROL.test(key))
    throw new LockKeyError('A key must not contain control characters.', { key: JSON.stringify(key) });
  // Lone surrogates all become U+FFFD in UTF-8: two different keys would be one lock.
  if (!key.isWellFormed())
    throw new LockKeyError('A key must be well-formed Unicode: it contains half a surrogate pair.');
  return storeKey;
}

/** Without doubles, in the order of their bytes: everybody takes several keys in the same order, so nobody deadlocks. */
export function inLockingOrder(keys: readonly string[]): string[] {
  if (keys.length === 0) throw new LockUsageError('A list of keys must not be empty.');
  return [...new Set(keys)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
