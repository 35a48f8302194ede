import type { Connection } from './connection.js';
import { isRefusal } from './refusal.js';

/** Makes a node, and what stands above it as far as that is missing: elsewhere one may have no right to make anything. */
export async function makePersistent(connection: Connection, path: string): Promise<void> {
  // The root is there.
  if (path === '') return;
  const make = (): Promise<void> => unlessThere(connection.create(path, 'PERSISTENT'));
  try {
    await make();
  } catch (error) {
    if (!isRefusal(error, 'noNode')) throw error;
    await makePersistent(connection, path.slice(0, path.lastIndexOf('/')));
    await make();
  }
}

export async function unlessThere(making: Promise<unknown>): Promise<void> {
  try {
    await making;
  } catch (error) {
    if (!isRefusal(error, 'nodeExists')) throw error;
  }
}

/** Most keys; a test of the whole costs less than a look at every character. */
const PLAIN = /^(?!\.\.?$)[!-$&-.0-~]+$/;

/** One component of a path for each key: what ZooKeeper or its tools cannot take there is percent-encoded. */
export function component(key: string): string {
  if (PLAIN.test(key)) return key;
  if (key === '.' || key === '..') return key.replaceAll('.', '%2E');
  return key.replaceAll(/[^!-~]|[/%]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}
