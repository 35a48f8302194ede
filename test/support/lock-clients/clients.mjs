// Clients that keep a lock as a plain string in Redis, all under the name `mutex:<key>`, and ours also in ZooKeeper, where
// the clients of other languages keep it in the queue below `/shared/<key>`. Each `take` waits for the key,
// or tries once, and answers what gives it back, or nothing.
import { Redis } from 'ioredis';
import { isLockError, Locker } from 'nestjs-locked/core';
import { redis } from 'nestjs-locked/redis';
import { zookeeper } from 'nestjs-locked/zookeeper';
import { Mutex, TimeoutError } from 'redis-semaphore';
import Redlock, { ExecutionError } from 'redlock';

const LEASE_MS = 10_000;
const nameOf = (key) => `mutex:${key}`;

/** What `work` answers; nothing where it fails because the key is taken. */
async function unlessTaken(work, isTaken) {
  try {
    return await work();
  } catch (error) {
    if (isTaken(error)) return undefined;
    throw error;
  }
}

function storeOf({ url, ...options }) {
  if (url.startsWith('zookeeper:')) return zookeeper({ ...options, url, pathOf: (key) => `/shared/${key}` });
  return redis({ ...options, url, keyOf: nameOf });
}

function ours(settings) {
  const locks = new Locker(storeOf(settings), { lease: LEASE_MS });
  const isTaken = (error) => isLockError(error) && ['LOCK_BUSY', 'LOCK_TIMEOUT'].includes(error.code);
  return {
    take: (key, waitMs) =>
      unlessTaken(async () => {
        const lease = await locks.acquire(key, { wait: waitMs });
        return () => lease.release();
      }, isTaken),
    close: () => locks.close(),
  };
}

function redlock({ url, retryMs, jitterMs = 0 }) {
  const client = new Redis(url);
  const locks = new Redlock([client], { retryDelay: retryMs, retryJitter: jitterMs });
  return {
    take: (key, waitMs) =>
      unlessTaken(
        async () => {
          const lock = await locks.acquire([nameOf(key)], LEASE_MS, { retryCount: Math.ceil(waitMs / retryMs) });
          return () => lock.release();
        },
        (error) => error instanceof ExecutionError,
      ),
    close: () => locks.quit(),
  };
}

function redisSemaphore({ url, retryMs }) {
  const client = new Redis(url);
  return {
    take: async (key, waitMs) => {
      const tries = waitMs === 0 ? { acquireAttemptsLimit: 1 } : { acquireTimeout: waitMs };
      const mutex = new Mutex(client, key, { lockTimeout: LEASE_MS, retryInterval: retryMs, ...tries });
      const taken = async () => {
        await mutex.acquire();
        return () => mutex.release();
      };
      return unlessTaken(taken, (error) => error instanceof TimeoutError);
    },
    close: () => client.quit(),
  };
}

/** No lock at all: what shows that a test can fail. */
function none() {
  return { take: async () => async () => undefined, close: async () => undefined };
}

export const clients = { 'nestjs-locked': ours, redlock, 'redis-semaphore': redisSemaphore, none };
