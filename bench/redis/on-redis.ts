import { Redis } from 'ioredis';
import { startServer } from '../../test/support/start-server.js';

export interface BenchServer {
  readonly url: string;
  readonly client: Redis;
}

/** Does `work` on a Redis of its own, which holds nothing, saves nothing and serves nobody else. */
export async function onRedis<T>(work: (server: BenchServer) => Promise<T>): Promise<T> {
  const server = await startServer('redis', { ...process.env, LOCKED_REDIS_URL: '' });
  const client = new Redis(server.url);
  try {
    return await work({ url: server.url, client });
  } finally {
    client.disconnect();
    await server.stop();
  }
}

/**
 * How many commands clients have sent to the server. Its statistics count what scripts call along with what clients
 * send, so those are left out by name; so is our own asking.
 */
export async function commandsSent(client: Redis, inScripts: readonly string[]): Promise<number> {
  const statistics = (await client.info('commandstats')).matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm);
  let sent = 0;
  for (const [, name = '', calls] of statistics) {
    if (name !== 'info' && !inScripts.includes(name)) sent += Number(calls);
  }
  return sent;
}
