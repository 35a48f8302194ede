import { Redis } from 'ioredis';
import { redis } from '../../lib/backends/redis/index.js';
import { describeLockBackend } from '../../lib/testing/index.js';
import { startServer } from '../support/start-server.js';

describeLockBackend('redis', async () => {
  const server = await startServer('redis');
  const admin = new Redis(server.url);
  return {
    open: () => redis({ url: server.url }),
    close: async () => {
      admin.disconnect();
      await server.stop();
    },
    residue: async () => (await admin.keys('*')).filter((key) => !key.startsWith('nestjs-locked:floor')).length,
  };
});
