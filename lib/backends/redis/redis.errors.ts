import { isNativeError } from 'node:util/types';
import { LockBackendError } from '../../core/errors.js';

/** Replies of a server that may well do the same a moment later: it loads, fails over, migrates a slot. */
const PASSING = /^(LOADING|READONLY|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|BUSY) /;

/** Whatever stands in parentheses in a pattern takes the place of `$1`. */
const CURES: readonly (readonly [RegExp, string])[] = [
  [
    /^WRONGTYPE ([\w-]+)$/,
    'Under the name of this lock a $1 stands, where a lock is a string (those of Redisson are hashes). It was left as ' +
      'it is. Give another name, by `prefix` or `keyOf`, or remove what stands there.',
  ],
  [/^WRONGTYPE/, 'Something of another kind stands under a name that is ours (nestjs-locked:…). Remove it.'],
  [/^OOM/, 'Redis has reached maxmemory and takes no new locks. Give it memory; those that are held live on.'],
  [/^MISCONF/, 'Redis cannot persist and takes no writes. Look at its log: is the disk full?'],
  [
    /^(NOPERM.*|ERR The user executing the script can't access.*) keys?\b/,
    'The Redis user may not touch the keys of this lock. It needs those of the `prefix` and nestjs-locked:*; see SECURITY.md.',
  ],
  [
    /^(NOPERM|ERR The user executing the script|ERR ACL failure)/,
    'The Redis user lacks a right that locks need. SECURITY.md has the list of commands and keys.',
  ],
  [/^not the server's answer/, 'The Redis client is in a transaction (MULTI). Give nestjs-locked one that never is.'],
  [/^replicas:/, 'Too few replicas have confirmed in time what `minReplicas` demands. Check replication.'],
  [/^(NOAUTH|WRONGPASS)/, 'Redis refused the credentials. Check user and password.'],
  [/^CROSSSLOT/, 'The keys of one lock are in different slots. Give a `keyOf` whose names have one {tag}.'],
  [/^(NOREPLICAS|READONLY|MASTERDOWN)/, 'Redis takes no writes at present: it fails over, or lacks replicas.'],
  [/^LOADING/, 'Redis is still loading its data.'],
  [/^(CLUSTERDOWN|TRYAGAIN|MOVED|ASK)/, 'The Redis cluster is down for this key, or is moving its slot.'],
  [/^BUSY/, 'Redis is busy with a long script.'],
];

const REFUSED = /^[A-Z]+ /;

/**
 * What a server's refusal or a failing connection means. A refusal in words of the server changed nothing; silence and
 * cut connections may have.
 *
 * @param unreachable why there is no connection, where that is known: the driver only says that it has tried
 */
export function redisError(cause: unknown, key?: string, unreachable?: unknown): LockBackendError {
  const said = wordsOf(cause);
  const refused = REFUSED.test(said) && !said.startsWith('UNBLOCKED');
  const message = refused
    ? (cureOf(said) ?? 'Redis refused the operation. The cause says why.')
    : (cureOf(said) ?? 'Redis could not be reached, or the connection was cut. Check that it runs, and the address.');
  return new LockBackendError(message, {
    ...{ key, backend: 'redis', cause: withoutCommand(refused ? cause : (unreachable ?? cause)) },
    outcome: refused ? 'not-applied' : 'unknown',
    transient: !refused || PASSING.test(said),
  });
}

/** Whether the cluster may be moving the slot of a lock: then what needs several keys is sent from master to master. */
export function isUnstable(error: unknown): boolean {
  return error instanceof LockBackendError && /^(TRYAGAIN|ASK|MOVED) /.test(wordsOf(error.cause));
}

/** What the server said; of a cluster, what it said last. */
function wordsOf(cause: unknown): string {
  const said = isNativeError(cause) ? cause.message : String(cause);
  return said.replace(/^Too many Cluster redirections\. Last error: (\w*Error: )?/, '');
}

function cureOf(said: string): string | undefined {
  const [pattern, cure] = CURES.find(([pattern]) => pattern.test(said)) ?? [];
  return pattern && cure?.replace('$1', pattern.exec(said)?.[1] ?? '');
}

/** ioredis hangs the command on its errors: that of AUTH carries the password, every other the owner. */
function withoutCommand(cause: unknown): unknown {
  if (!isNativeError(cause)) return cause;
  // Of several addresses that all failed there is only a code.
  const { code = '' } = cause as { code?: unknown };
  const said = new Error(cause.message === '' ? String(code) : cause.message);
  said.name = cause.name;
  return said;
}
