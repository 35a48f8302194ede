import { LockOptionsError } from '../../core/errors.js';
import { decoded, hostAndPort } from '../../core/url-text.js';
import type { Server } from './raw-client.js';

const FORM =
  /^zookeeper:\/\/(?:(?<user>[^:@/]*):(?<password>[^@/]*)@)?(?<hosts>[^/?#@]+)(?<chroot>\/[^?#]*)?(?:\?(?<query>[^#]*))?$/i;
const DEFAULT_PORT = 2181;

export const URL_FORM = 'zookeeper://user:password@host:2181,host:2181/chroot?session=10s';

/** What a URL says. */
export interface ZookeeperTarget {
  readonly servers: readonly Server[];
  /** Path below which everything stands; empty: the ensemble's root. */
  readonly chroot: string;
  readonly credentials?: string;
  readonly session?: string;
}

/**
 * Reads a URL; opens nothing.
 *
 * @throws LockOptionsError, which never contains the URL: it may carry a password
 */
export function readUrl(url: string): ZookeeperTarget {
  const { user, password, hosts, chroot = '', query = '' } = FORM.exec(url)?.groups ?? {};
  if (hosts === undefined) throw refusal('cannot be read; special characters in user and password are percent-encoded');
  const parameters = new URLSearchParams(query);
  const session = parameters.get('session');
  const unknown = [...parameters.keys()].find((name) => name !== 'session');
  if (unknown !== undefined)
    throw refusal(`has ${JSON.stringify(unknown.slice(0, 50))} in its query; known is session`);
  return {
    servers: hosts.split(',').map(serverOf),
    chroot: checkedPath('url', chroot.replace(/\/+$/, '') || '/').replace(/^\/$/, ''),
    ...(user ? { credentials: `${decoded(user)}:${decoded(password ?? '')}` } : {}),
    ...(session === null ? {} : { session }),
  };
}

/** @throws LockOptionsError when ZooKeeper would not take it */
export function checkedPath(option: string, path: string): string {
  const parts = path.split('/').slice(1);
  const isFit = path === '/' || (path.startsWith('/') && parts.every((part) => /^(?!\.\.?$)[!-~]+$/.test(part)));
  if (isFit) return path;
  throw new LockOptionsError(
    option,
    'must name an absolute path of ZooKeeper, as /locks: of printable ASCII, without empty, . and .. parts.',
  );
}

function serverOf(text: string): Server {
  const server = hostAndPort(text, DEFAULT_PORT);
  if (!server) throw refusal('has a host that cannot be read');
  return server;
}

function refusal(what: string): LockOptionsError {
  return new LockOptionsError('url', `${what}. The form is ${URL_FORM}.`);
}
