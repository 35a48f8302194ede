import { LockOptionsError } from './errors.js';

/* Parts of a store's URL as they are written: what WHATWG's URL cannot read, a list of hosts, is read by hand. */

/** @throws LockOptionsError when a % encodes nothing */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new LockOptionsError('url', 'has a % that encodes nothing: write %25.', { cause });
  }
}

/** @returns `undefined` when it is no `host`, `host:port` or `[IPv6]:port` */
export function hostAndPort(text: string, defaultPort: number): { host: string; port: number } | undefined {
  const { host, port } = /^(?<host>\[[0-9a-f:.]+\]|[^:[\]\s]+)(?::(?<port>\d{1,5}))?$/i.exec(text)?.groups ?? {};
  if (host === undefined || Number(port ?? 1) > 65_535) return undefined;
  return { host: host.replace(/^\[|\]$/g, ''), port: port === undefined ? defaultPort : Number(port) };
}
