import { randomUUID } from 'node:crypto';
import { LockBackendError } from '../../core/errors.js';
import type { KeyNames } from './key-names.js';
import type { LockOperations } from './lock.operations.js';
import type { RedisClient } from './redis.connections.js';

const OLDEST: readonly [number, number] = [6, 2];
const SLOTS = 16_384;
/** How a server says it, to a client and to a script. */
const FORBIDDEN = {
  command: /NOPERM.*\bcommand\b|can't run this command/,
  keys: /NOPERM.*\bkeys?\b|can't access .* keys/,
};
/** Leases follow the server's clock alone; a gap so large means that somebody's clock is wrong, and tokens with it. */
const SKEW_MS = 5_000;

/** What the check-up locks: nobody else's key. */
export const PROBE = 'nestjs-locked:check-up';

export interface Checkup {
  readonly client: RedisClient;
  readonly operations: LockOperations;
  /** A key that nobody else uses. */
  readonly probe: KeyNames;
  /** Refuse what is otherwise warned of. */
  readonly strict: boolean;
  readonly onWarning: (message: string) => void;
}

/**
 * What is wrong with a server's configuration shows at boot, not in production: eviction, version, slots that nobody
 * serves, clocks, rights.
 *
 * @throws LockBackendError where locks could not work, or where `strict` forbids it
 */
export async function checkUp({ client, operations, probe, strict, onWarning }: Checkup): Promise<void> {
  const masters = 'nodes' in client ? client.nodes('master') : [client];
  for (const master of masters) {
    const sent = Date.now();
    const info = await master.info().catch(unlessForbidden);
    // ioredis says nothing where it could not select one, and uses the first.
    if (master.options.db) await master.select(master.options.db);
    if (info === '') continue;
    const version = fieldOf(info, 'redis_version').split('.').map(Number);
    if (isOlder(version))
      throw refused(`Redis ${version.join('.')} is too old for locks: ${OLDEST.join('.')} is needed.`);
    const policy = fieldOf(info, 'maxmemory_policy');
    // Without a limit nothing is evicted, whatever the policy.
    if (policy !== '' && policy !== 'noeviction' && fieldOf(info, 'maxmemory') !== '0') {
      const warning = `Redis evicts keys (maxmemory-policy ${policy}) and locks with them. Set noeviction, or keep locks elsewhere.`;
      if (strict) throw refused(warning);
      onWarning(warning);
    }
    const skew = Number(fieldOf(info, 'server_time_usec')) / 1000 - sent;
    if (Math.abs(skew) > SKEW_MS) {
      const seconds = String(Math.round(skew / 1000));
      onWarning(
        `The clock of Redis differs from ours by ${seconds} s. Tokens and leases follow that of Redis: check both.`,
      );
    }
  }
  if (client.isCluster) await checkSlots(client, onWarning);
  await tryRights(client, operations, probe);
}

async function checkSlots(client: RedisClient, onWarning: (message: string) => void): Promise<void> {
  const served = Number(fieldOf(await client.cluster('INFO'), 'cluster_slots_ok'));
  if (served === SLOTS) return;
  onWarning(
    `The Redis cluster serves ${String(served)} of ${String(SLOTS)} slots: keys in the others cannot be locked.`,
  );
}

/** Every operation once, so that a right that is missing shows now, and not with the first lock that has to wait. */
async function tryRights(client: RedisClient, operations: LockOperations, probe: KeyNames): Promise<void> {
  const [holder, waiter] = [randomUUID(), randomUUID()];
  const request = { leaseMs: 1_000, turns: 1 };
  try {
    const held = await operations.acquire(probe, { ...request, owner: holder }, 0);
    await operations.acquire(probe, { ...request, owner: waiter }, request.leaseMs);
    if (held.granted) await operations.renew(probe, held.value, request.leaseMs);
    await Promise.all([operations.leave(probe, holder), operations.leave(probe, waiter)]);
  } catch (error) {
    // Whose rights end at a namespace may not touch the probe, and need not.
    if (FORBIDDEN.keys.test(causeOf(error))) return;
    const missing = FORBIDDEN.command.test(causeOf(error)) ? await missingCommands(client, probe) : [];
    if (missing.length === 0) throw error;
    throw refused(`The Redis user may not run ${missing.join(', ')}. SECURITY.md has all the rights that locks need.`);
  }
}

/** A script does not say which command was refused. */
async function missingCommands(client: RedisClient, { all: [lock, , queue, waiters] }: KeyNames): Promise<string[]> {
  const trials: readonly (readonly [string, ...(string | number)[]])[] = [
    ['time'],
    ['mget', lock],
    ['get', lock],
    ['set', lock, '', 'XX', 'PX', 1],
    ['del', lock],
    ['pttl', lock],
    ['pexpire', lock, 1],
    ['publish', 'nestjs-locked:wake:probe', ''],
    ['zadd', queue, 'XX', 0, ''],
    ['zrange', queue, 0, 0],
    ['zscore', queue, ''],
    ['zrem', queue, ''],
    ['hset', waiters, '', ''],
    ['hget', waiters, ''],
    ['hexists', waiters, ''],
    ['hdel', waiters, ''],
  ];
  const missing: string[] = [];
  for (const [command, ...args] of trials) {
    const said = await client.call(command, ...args).catch((error: unknown) => String(error));
    if (FORBIDDEN.command.test(String(said))) missing.push(command);
  }
  return missing;
}

function causeOf(error: unknown): string {
  return error instanceof LockBackendError ? String(error.cause) : '';
}

/** Without the right to ask there is nothing to warn of. */
function unlessForbidden(error: unknown): string {
  if (FORBIDDEN.command.test(String(error))) return '';
  throw error;
}

function fieldOf(info: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1] ?? '';
}

function isOlder([major, minor = 0]: readonly number[]): boolean {
  if (major === undefined || major === 0) return false;
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}

function refused(message: string): LockBackendError {
  return new LockBackendError(message, { backend: 'redis', outcome: 'not-applied' });
}
