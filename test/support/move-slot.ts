import type { Redis } from 'ioredis';
import { ADMIN, type RedisServer } from './redis-server.js';

/** A slot half of whose keys are at their old master still, in the order of their names. */
export interface HalfMoved {
  readonly moved: readonly string[];
  readonly left: readonly string[];
}

const MIGRATE_TIMEOUT_MS = 5_000;

/**
 * Moves a slot with its keys to another master, as redis-cli does: open at both ends, keys over, owner told to everybody.
 * Of an odd number of keys the greater half goes first: a single key is asked for at its new master in between.
 * @param between is called once half of the keys have moved; the move ends also where it throws
 */
export async function moveSlot(
  nodes: readonly RedisServer[],
  slot: number,
  from: RedisServer,
  to: RedisServer,
  between?: (half: HalfMoved) => Promise<void>,
): Promise<void> {
  await from.administer((source) =>
    to.administer(async (target) => {
      const newOwner = await idOf(target);
      await target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', await idOf(source));
      await source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', newOwner);
      try {
        const keys = (await keysIn(source, slot)).sort();
        const moved = keys.splice(0, Math.ceil(keys.length / 2));
        await migrate(source, to, moved);
        await between?.({ moved, left: keys });
      } finally {
        await migrate(source, to, await keysIn(source, slot));
        // The new owner first: were the old one first, nobody would serve the slot in between.
        const others = nodes.filter((node) => node !== from && node !== to);
        for (const node of [to, from, ...others]) {
          await node.administer((redis) => redis.call('CLUSTER', 'SETSLOT', slot, 'NODE', newOwner));
        }
      }
    }),
  );
}

async function idOf(redis: Redis): Promise<string> {
  return (await redis.call('CLUSTER', 'MYID')) as string;
}

async function keysIn(redis: Redis, slot: number): Promise<string[]> {
  const count = await redis.cluster('COUNTKEYSINSLOT', slot);
  return redis.cluster('GETKEYSINSLOT', slot, count);
}

async function migrate(source: Redis, to: RedisServer, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  const credentials = ['AUTH2', ADMIN.username, ADMIN.password];
  await source.call('MIGRATE', to.host, to.port, '', 0, MIGRATE_TIMEOUT_MS, ...credentials, 'KEYS', ...keys);
}
