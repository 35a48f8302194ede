import { Redis } from 'ioredis';

/** Does something on a connection for this only, which is not opened again where it breaks. */
export async function withRedis<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { retryStrategy: () => null, autoResendUnfulfilledCommands: false });
  // What it would say is what the work's commands are rejected with.
  redis.on('error', () => undefined);
  try {
    return await work(redis);
  } finally {
    // Once it has ended, disconnect() would start a timer for a socket that is no more.
    if (redis.status !== 'end') redis.disconnect();
  }
}
