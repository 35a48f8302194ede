import type { LockBackend } from '../../core/backend.js';
import { checkKnown } from '../../core/check-known.js';
import { type ConfiguredDuration, parseDuration } from '../../core/duration.js';
import { LockOptionsError } from '../../core/errors.js';
import { exposed } from './exposure.js';
import { component } from './nodes.js';
import { ANYBODY, CREATOR } from './wire.js';
import { ZookeeperBackend } from './zookeeper.backend.js';
import { checkedPath, readUrl } from './zookeeper.url.js';

export interface ZookeeperLockOptions {
  /** `zookeeper://user:password@host:2181,host:2181/chroot?session=10s`. */
  readonly url: string;
  /**
   * How long the servers wait for a silent process before they give its locks to others; default 10 s. They bound it, and
   * what they have made of it counts, and is warned of. In production not below 2 s.
   */
  readonly session?: ConfiguredDuration | undefined;
  /** Path, below the URL's, of the node under which locks stand; default `/locks`. */
  readonly root?: string | undefined;
  /**
   * The exact path of a key's lock, below the URL's, instead of one below `root`: to share locks with another client.
   * Distinct for distinct keys, and none below another.
   */
  readonly pathOf?: ((key: string) => string) | undefined;
  /**
   * Who may touch the nodes: `'creator'`, who has the same credentials (default where the URL has some), or `'open'`,
   * everybody.
   */
  readonly access?: 'creator' | 'open' | undefined;
  /**
   * Whether the server removes the nodes of keys that nobody uses; default `true`, and `false` once a server has said that
   * it cannot (ZooKeeper below 3.5.3): then whoever leaves last does.
   */
  readonly containers?: boolean | undefined;
  /** Told what is unlike what was configured; default `process.emitWarning`. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

const OPTIONS = ['url', 'session', 'root', 'pathOf', 'access', 'containers', 'onWarning'];

const DEFAULT_SESSION = '10s';
const SHORTEST_SESSION_MS = 400;
const SHORTEST_IN_PRODUCTION_MS = 2_000;
const LONGEST_SESSION_MS = 10 * 60_000;

/** The server numbers up to 2^31 − 1. Those who have come until the queue begins anew are let in before that. */
const HIGHEST_SEQUENCE = 2 ** 31 - 1 - 1_000_000;

/**
 * Locks in ZooKeeper ≥ 3.5, in one session of this process, shared with Apache Curator's InterProcessMutex on the same
 * path. Needs `node-zookeeper-client`.
 *
 * @throws LockOptionsError naming the option that is missing, unknown or out of bounds
 */
export function zookeeper(options: ZookeeperLockOptions): LockBackend {
  return withHighestSequence(options, HIGHEST_SEQUENCE);
}

/** Not public: tests do not wait for two thousand million locks. */
export function withHighestSequence(options: ZookeeperLockOptions, highestSequence: number): LockBackend {
  checkKnown(options, OPTIONS);
  const { url, root = '/locks', pathOf, containers = true, onWarning = warn } = options;
  if (typeof url !== 'string') throw new LockOptionsError('url', 'must be a string.');
  if (typeof root !== 'string') throw new LockOptionsError('root', 'must be a string.');
  if (pathOf !== undefined && typeof pathOf !== 'function')
    throw new LockOptionsError('pathOf', 'must be a function from a key to a path.');
  if (typeof containers !== 'boolean') throw new LockOptionsError('containers', 'must be true or false.');
  if (typeof onWarning !== 'function') throw new LockOptionsError('onWarning', 'must be a function.');
  const { servers, chroot, credentials, session } = readUrl(url);
  const open = exposed(servers);
  if (open.length > 0) {
    onWarning(
      `Nothing is encrypted on the way to ${open.map(({ host }) => host).join(', ')}: the client has no TLS. ` +
        'Reach ZooKeeper by a private network or a tunnel.',
    );
  }
  const home = below(chroot, checkedPath('root', root));
  const settings = {
    servers,
    sessionMs: sessionOf(options.session ?? session),
    credentials,
    access: isOpen(options, credentials) ? ANYBODY : CREATOR,
    root: home,
    onWarning,
  };
  const nameOf = pathOf
    ? (key: string) => below(chroot, checkedLockPath(pathOf(key)))
    : (key: string) => below(home, `/${component(key)}`);
  return new ZookeeperBackend(settings, { pathOf: nameOf, containers, highestSequence });
}

function sessionOf(session: ConfiguredDuration | undefined): number {
  const min = process.env['NODE_ENV'] === 'production' ? SHORTEST_IN_PRODUCTION_MS : SHORTEST_SESSION_MS;
  return Math.ceil(parseDuration('session', session ?? DEFAULT_SESSION, { min, max: LONGEST_SESSION_MS }));
}

function isOpen({ access }: ZookeeperLockOptions, credentials: string | undefined): boolean {
  if (access !== undefined && !['creator', 'open'].includes(access))
    throw new LockOptionsError('access', "must be 'creator' or 'open'.");
  if (access === 'creator' && credentials === undefined)
    throw new LockOptionsError('access', "'creator' needs credentials in the URL: nobody would be the creator.");
  return (access ?? (credentials === undefined ? 'open' : 'creator')) === 'open';
}

/** @throws LockOptionsError */
function checkedLockPath(path: string): string {
  if (path === '/') throw new LockOptionsError('pathOf', 'must name a node below the root, as /locks/order-7.');
  return checkedPath('pathOf', path);
}

function below(parent: string, path: string): string {
  if (path === '/') return parent;
  return `${parent === '/' ? '' : parent}${path}`;
}

function warn(message: string): void {
  process.emitWarning(message, { type: 'LockWarning', code: 'NESTJS_LOCKED_ZOOKEEPER' });
}
