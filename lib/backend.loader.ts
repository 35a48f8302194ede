import { memory } from './backends/memory/index.js';
import type { LockBackend } from './core/backend.js';
import { LockOptionsError } from './core/errors.js';

type Load = (url: string) => LockBackend | Promise<LockBackend>;

const REDIS = ['redis', 'rediss'].flatMap((scheme) => [scheme, `${scheme}+sentinel`, `${scheme}+cluster`]);

/** By scheme. A store's code, and the packages it needs, are loaded only when it is asked for. */
const LOADERS: Readonly<Record<string, Load>> = {
  memory: memoryOf,
  sqlite: sqlOf('sqlite', 'better-sqlite3'),
  ...Object.fromEntries(['postgres', 'postgresql'].map((scheme) => [scheme, sqlOf(scheme, 'pg')])),
  ...Object.fromEntries(['mysql', 'mariadb'].map((scheme) => [scheme, sqlOf(scheme, 'mysql2')])),
  zookeeper: zookeeperOf,
  ...Object.fromEntries(REDIS.map((scheme) => [scheme, redisOf])),
};

/**
 * The backend for a URL.
 *
 * @throws LockOptionsError when the store is unknown, its packages are not installed, or the URL is malformed; it never
 *   contains the URL, which may carry a password
 */
export async function loadBackend(url: string): Promise<LockBackend> {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  const known = Object.keys(LOADERS).map((name) => `${name}:`);
  const load = scheme !== undefined && Object.hasOwn(LOADERS, scheme) ? LOADERS[scheme] : undefined;
  if (load) return await load(url);
  const given = scheme === undefined ? 'is no URL' : `begins with ${scheme.slice(0, 20)}:, which is not supported`;
  throw new LockOptionsError('backend', `${given}. Known are ${known.join(', ')}`);
}

function sqlOf(scheme: string, driver: string): Load {
  return async (url) => {
    const { typeorm } = await forUrl(scheme, `typeorm ${driver}`, () => import('./backends/typeorm/index.js'));
    return typeorm({ url });
  };
}

async function redisOf(url: string): Promise<LockBackend> {
  const { redis } = await forUrl('redis', 'ioredis', () => import('./backends/redis/index.js'));
  return redis({ url });
}

async function zookeeperOf(url: string): Promise<LockBackend> {
  const load = () => import('./backends/zookeeper/index.js');
  // Exactly: what our connections are made of is not in its public interface.
  const { zookeeper } = await forUrl('zookeeper', 'node-zookeeper-client@1.1.3', load);
  return zookeeper({ url });
}

function forUrl<T>(scheme: string, packages: string, load: () => Promise<T>): Promise<T> {
  return withPeers('backend', `begins with ${scheme}:`, packages, load);
}

function memoryOf(url: string): LockBackend {
  const [matched, singleProcess] = /^memory:(?:\?(singleProcess=true))?$/i.exec(url) ?? [];
  if (matched !== undefined) return memory({ singleProcess: singleProcess !== undefined });
  throw new LockOptionsError('backend', 'must be `memory:` or `memory:?singleProcess=true`.');
}

/**
 * Loads code that needs optional packages.
 *
 * @throws LockOptionsError with the command that installs them, when one is missing
 */
export async function withPeers<T>(
  option: string,
  given: string,
  packages: string,
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const { code } = Object(cause) as { code?: unknown };
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw cause;
    const message = `${given}, which needs packages that are not installed: npm install ${packages}`;
    throw new LockOptionsError(option, message, { cause });
  }
}
