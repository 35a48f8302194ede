import { systemClock } from '../core/clock.js';
import { LockUsageError } from '../core/errors.js';
import { storeKeyOf } from '../core/key.js';
import type { FencingToken } from './fencing-token.js';

/** How far a token may lie ahead of this machine's clock, in µs: an hour. */
const SLACK_US = 3_600_000_000;
/** The largest that a `bigint` column of any engine carries. */
const LARGEST = 2n ** 63n - 1n;
const KIND = /^[a-z][a-z0-9_-]{0,31}$/;

/**
 * Reads a token that comes from outside: a message, a header, a job's data. Takes what `JSON.stringify(lease)` wrote, as
 * text or parsed, and everything else that has `storeKey`, `backend` and `token` (decimal string, bigint, safe integer).
 *
 * A fence keeps the largest token it has seen, so a forged huge one would lock every later holder out. Tokens begin at the
 * lock store's clock in µs: one that lies more than an hour ahead of this machine's clock is refused. Tokens of kind
 * `zookeeper` are transaction ids and know no clock: they are only held below 2^63. Do not take them from strangers.
 *
 * A token is an ordering number, not a secret: this does not tell whether the sender ever held the lock.
 *
 * @throws LockKeyError when `storeKey` can be no key; LockUsageError for everything else
 */
export function parseFencingToken(value: unknown): FencingToken {
  const { storeKey, backend, token } = fieldsOf(value);
  const checked = { storeKey: storeKeyOf('', storeKey), backend: checkedKind(backend), token: tokenOf(token) };
  // The wall clock, not the monotonic one: it is compared with another machine's.
  const latest = BigInt(Math.ceil(systemClock.wall() * 1000)) + BigInt(SLACK_US);
  if (checked.backend !== 'zookeeper' && checked.token > latest) {
    throw new LockUsageError('The fencing token lies in the future: it was never granted, or a clock is wrong.');
  }
  return checked;
}

/** @throws LockUsageError when it is no short lower-case identifier, as a lock store names its kind */
export function checkedKind(backend: unknown): string {
  if (typeof backend === 'string' && KIND.test(backend)) return backend;
  const what = 'a short name of lower-case letters, digits, - and _';
  throw new LockUsageError(`The kind of store of a fencing token (\`backend\`) must be ${what}.`);
}

function fieldsOf(value: unknown): Readonly<Record<'storeKey' | 'backend' | 'token', unknown>> {
  const parsed = typeof value === 'string' ? parseJson(value) : value;
  if (typeof parsed === 'object' && parsed !== null) return parsed as ReturnType<typeof fieldsOf>;
  throw new LockUsageError('A fencing token must be an object with `storeKey`, `backend` and `token`, or JSON of one.');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function tokenOf(value: unknown): bigint {
  const token = toBigInt(value);
  if (token !== undefined && token > 0n && token <= LARGEST) return token;
  throw new LockUsageError('A fencing token must be a positive whole number below 2^63: decimal string or bigint.');
}

function toBigInt(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  return typeof value === 'string' && /^\d{1,19}$/.test(value) ? BigInt(value) : undefined;
}
