/** How to come by a server of one kind; every way ends in the same URL form. */
export interface ServerKind {
  /** Environment variable with the URL of a server that is there already. */
  readonly variable: string;
  readonly program: string;
  /** Debian packages that bring the program. */
  readonly packages: readonly string[];
  /** Port inside the container of docker-compose.yml, whose service bears the kind's name. */
  readonly containerPort: number;
  /** What the program prints once it answers. */
  readonly ready: RegExp;
  /** Puts into `folder` what the program must find there, where it is not there yet. */
  prepare?(folder: string): Promise<void>;
  /** Arguments for an instance on this loopback port that keeps all it writes in `folder`. */
  arguments(port: number, folder: string): string[];
  url(port: number): string;
}

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
} satisfies Record<string, ServerKind>;
