import { LockOptionsError } from './errors.js';

/** @throws LockOptionsError when `options` is no object or has a field that nobody reads: a typing error, mostly */
export function checkKnown(options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw new LockOptionsError('options', 'must be an object.');
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new LockOptionsError(unknown.slice(0, 50), `is unknown here; known are ${known.join(', ')}.`);
  }
}
