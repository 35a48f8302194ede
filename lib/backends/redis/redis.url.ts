import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { LockOptionsError } from '../../core/errors.js';
import { decoded, hostAndPort } from '../../core/url-text.js';
import { CLUSTER_SETTINGS, CONNECTION_SETTINGS } from './connection.settings.js';
import type { ClientSource } from './redis.connections.js';

const FORM =
  /^(?<scheme>rediss?(?<kind>\+sentinel|\+cluster)?):\/\/(?:(?<user>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<hosts>[^/?#@]*)(?:\/(?<path>[^?#]*))?$/i;

export const URL_FORMS =
  'redis://user:password@host:6379/0, rediss://… (TLS), redis+sentinel://host:26379,host:26379/master-name/0, ' +
  'redis+cluster://host:6379,host:6379';

/**
 * Reads a URL; opens nothing.
 *
 * @returns what makes clients of it
 * @throws LockOptionsError, which never contains the URL: it may carry a password
 */
export function clientOf(url: string): ClientSource {
  const { scheme = '', kind, user, password, hosts = '', path = '' } = FORM.exec(url)?.groups ?? {};
  if (url.includes('?')) throw refusal('has a query, which nobody would read; give `connection` instead');
  if (scheme === '') throw refusal('is none of the forms of a Redis URL');
  const nodes = hosts.split(',').map((host) => nodeOf(host, kind?.toLowerCase() === '+sentinel' ? 26379 : 6379));
  const shared: RedisOptions = {
    ...CONNECTION_SETTINGS,
    ...(user ? { username: decoded(user) } : {}),
    ...(password ? { password: decoded(password) } : {}),
    ...(scheme.toLowerCase().startsWith('rediss') ? { tls: {} } : {}),
  };
  if (kind === undefined) {
    const [node, more] = nodes;
    if (more) throw refusal('names several hosts');
    const options = { ...shared, ...node, db: databaseOf(path) };
    return { isCluster: false, make: () => new Redis(options) };
  }
  if (kind.toLowerCase() === '+cluster') {
    if (path !== '') throw refusal('names a database, which a cluster does not have');
    return { isCluster: true, make: () => new Cluster(nodes, { ...CLUSTER_SETTINGS, redisOptions: shared }) };
  }
  const [name = '', database = ''] = path.split('/');
  if (name === '') throw refusal('does not name the master: redis+sentinel://host:26379/master-name');
  const options: RedisOptions = {
    ...{ ...shared, sentinels: nodes, name: decoded(name), db: databaseOf(database) },
    // Without these ioredis talks to the Sentinels, and with them to the servers, in plain text.
    ...(shared.tls ? { enableTLSForSentinelMode: true, sentinelTLS: shared.tls } : {}),
  };
  return { isCluster: false, make: () => new Redis(options) };
}

function nodeOf(text: string, defaultPort: number): { host: string; port: number } {
  const node = hostAndPort(text, defaultPort);
  if (!node) throw refusal('has a host that cannot be read');
  return node;
}

function databaseOf(text: string): number {
  if (!/^\d{0,5}$/.test(text)) throw refusal('has a database that is no number');
  return Number(text);
}

function refusal(what: string): LockOptionsError {
  return new LockOptionsError('url', `${what}. The forms are ${URL_FORMS}.`);
}
