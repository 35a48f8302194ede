import { isLockError, LockBackendError, type LockError } from '../../core/errors.js';
import { CODES } from './raw-client.js';
import { isCut, Refusal } from './refusal.js';

const NAME = 'zookeeper';

const CURES: Readonly<Record<number, string>> = {
  [CODES.noAuth]:
    'ZooKeeper refuses this user what locks need: to create, read, write and delete below the root of the locks. ' +
    'Give the credentials of whoever made those nodes, or another `root`.',
  [CODES.invalidAcl]: 'ZooKeeper does not know the credentials as those of anybody. Check user and password.',
  [CODES.authFailed]: 'ZooKeeper refused the credentials. Check user and password.',
  [CODES.sessionExpired]: 'The session with ZooKeeper has ended. Ask again: the next one is opened at once.',
};

/** What a refusal, or a connection that has ended, means to whoever asked. */
export function zookeeperError(cause: unknown, key?: string): LockError {
  if (isLockError(cause)) return cause;
  const code = cause instanceof Refusal ? cause.code : undefined;
  const cut = isCut(cause);
  const cure = cut
    ? 'ZooKeeper could not be reached, or the connection was cut. Check that a majority of its servers runs, and the addresses.'
    : ((code === undefined ? undefined : CURES[code]) ?? 'ZooKeeper refused the operation. The cause says why.');
  return new LockBackendError(cure, {
    ...{ key, backend: NAME, cause },
    outcome: cut ? 'unknown' : 'not-applied',
    transient: cut || code === CODES.sessionExpired,
  });
}

/** Nothing was sent: there is no connection, and there was none for as long as one waits for it. */
export function unreachable(cause: unknown): LockBackendError {
  return new LockBackendError(
    'ZooKeeper could not be reached. Check that a majority of its servers runs, and the addresses.',
    { backend: NAME, cause, outcome: 'not-applied', transient: true },
  );
}

export function closed(): LockBackendError {
  return new LockBackendError('The session with ZooKeeper was closed.', { backend: NAME, outcome: 'not-applied' });
}

export function ended(cause: unknown): LockBackendError {
  return new LockBackendError('The session with ZooKeeper has ended, and with it all that it held. Ask again.', {
    ...{ backend: NAME, cause },
    ...{ outcome: 'not-applied' as const, transient: true },
  });
}
