import { Redis } from 'ioredis';
import { startServer } from '../../test/support/start-server.js';
import { keepApart } from './keep-apart.js';

export interface BenchServer {
  readonly url: string;
  readonly client: Redis;
}

/** Does `work` on a Redis of its own, which holds nothing, saves nothing and serves nobody else. */
export async function onRedis<T>(work: (server: BenchServer) => Promise<T>): Promise<T> {
  const server = await startServer('redis', { ...process.env, LOCKED_REDIS_URL: '' });
  const client = new Redis(server.url);
  try {
    await client.ping();
    await keepApart(client);
    return await work({ url: server.url, client });
  } finally {
    client.disconnect();
    await server.stop();
  }
}
