import { hostname } from 'node:os';
import type { Connection } from './connection.js';
import { isRefusal } from './refusal.js';

const NOTHING = Buffer.alloc(0);

/** Who made a node, for whoever looks at it. Curator's own holders leave their address there. */
export const ORIGIN = Buffer.from(`${hostname()} ${String(process.pid)}`);

/** Makes what stands above a node, as far as it is missing. */
export async function makePersistent(connection: Connection, path: string): Promise<void> {
  const names = path.split('/').slice(1);
  for (let depth = 1; depth <= names.length; depth++) {
    await unlessThere(connection.create(`/${names.slice(0, depth).join('/')}`, NOTHING, 'PERSISTENT'));
  }
}

export async function unlessThere(making: Promise<unknown>): Promise<void> {
  try {
    await making;
  } catch (error) {
    if (!isRefusal(error, 'nodeExists')) throw error;
  }
}

/** One component of a path for each key: what ZooKeeper or its tools cannot take there is percent-encoded. */
export function component(key: string): string {
  if (key === '.' || key === '..') return key.replaceAll('.', '%2E');
  return key.replaceAll(/[^!-~]|[/%]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}
