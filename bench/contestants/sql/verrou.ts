import { setTimeout as pause } from 'node:timers/promises';
import { E_LOCK_NOT_OWNED, Verrou } from '@verrou/core';
import { knexStore } from '@verrou/core/drivers/knex';
import knex from 'knex';
import { engineOf } from '../../sql/database.js';
import { heldUntil } from '../../support/contestant.js';
import type { Contestant, ContestantSettings } from '../../support/contestant.js';

/** Knex's own default. */
const CONNECTIONS = 10;

export function open({ url, leaseMs, waitMs, retryMs, poolSize = CONNECTIONS }: ContestantSettings): Contestant {
  const { hostname: host, port, username: user, password, pathname } = new URL(url);
  const connection = knex({
    client: engineOf(url) === 'postgres' ? 'pg' : 'mysql2',
    connection: { host, port: Number(port), user, password, database: pathname.slice(1) },
    pool: { min: 0, max: poolSize },
  });
  const verrou = new Verrou({ default: 'sql', stores: { sql: { driver: knexStore({ connection }) } } });
  const retry = { delay: retryMs, timeout: waitMs };
  return {
    acquire: async (key) => {
      const lock = verrou.createLock(key, leaseMs);
      const acquired = await despiteDeadlocks(retryMs, () => lock.acquire({ retry }));
      if (!acquired) return undefined;
      return () => despiteDeadlocks(retryMs, () => heldUntil(lock.release(), E_LOCK_NOT_OWNED));
    },
    close: () => connection.destroy(),
  };
}

/** Its INSERT and DELETE of one row deadlock in InnoDB, which it does not repeat: without this it would not get far. */
async function despiteDeadlocks<T>(retryMs: number, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ER_LOCK_DEADLOCK') throw error;
    }
    await pause(retryMs);
  }
}
