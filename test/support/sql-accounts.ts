/** Of every SQL server, those of docker-compose.yml included. */
export const DATABASE = 'locked';
/** May do everything. */
export const ADMIN = { username: 'locked', password: 'locked' } as const;
/** Owns nothing, and may do what it is granted. */
export const LOCKER = { username: 'locker', password: 'password-of-locker' } as const;

export function sqlUrl(protocol: string, { username, password }: typeof ADMIN | typeof LOCKER, port: number): string {
  return `${protocol}://${username}:${password}@127.0.0.1:${port}/${DATABASE}`;
}
