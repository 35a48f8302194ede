import { MARIADB } from './mariadb-kind.js';
import { POSTGRES } from './postgres-kind.js';
import type { ServerKind } from './server-kind.js';
import { zookeeperKind } from './zookeeper-kind.js';

export type KindName = keyof typeof SERVER_KINDS;

export const SERVER_KINDS = {
  redis: {
    variable: 'LOCKED_REDIS_URL',
    program: 'redis-server',
    packages: ['redis-server'],
    containerPort: 6379,
    ready: /Ready to accept connections/,
    arguments: (port, folder) => [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
      ...['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'],
    ],
    url: (port) => `redis://127.0.0.1:${port}`,
  },
  postgres: POSTGRES,
  mariadb: MARIADB,
  zookeeper: zookeeperKind(),
} satisfies Record<string, ServerKind>;
