import type { RedisServer } from './redis-server.js';

/** All that a server stores but the token floors, which are kept on purpose. */
export function leftovers(server: RedisServer): Promise<string[]> {
  return server.administer(async (admin) => {
    const keys = await admin.keys('*');
    return keys.filter((key) => !key.startsWith('nestjs-locked:floor'));
  });
}
