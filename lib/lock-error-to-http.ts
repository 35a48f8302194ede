import { STATUS_CODES } from 'node:http';
import { LockBusyError, type LockError } from './core/errors.js';

/** What a client may know of a {@link LockError}: no key, no holder, nothing of the store. */
export interface HttpLockError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly statusCode: number; readonly message: string; readonly code: string };
}

/** Where trying again makes sense: the key was taken, or this process had too much to do. */
const AGAIN = new Set(['LOCK_BUSY', 'LOCK_TIMEOUT', 'LOCK_QUOTA']);

/**
 * Translates for HTTP: 409 taken, 423 waited in vain, 429 over quota, 503 store or application not available, 400 unfit
 * key, 500 for the rest, a lease lost after the work was done among it.
 */
export function lockErrorToHttp(error: LockError): HttpLockError {
  const { status, code } = error;
  const headers = AGAIN.has(code) ? { 'Retry-After': String(secondsToWait(error)) } : {};
  // From 500 on the message speaks of our insides: it belongs into the log.
  const message = status < 500 ? error.message : (STATUS_CODES[status] ?? 'Internal Server Error');
  return { status, headers, body: { statusCode: status, message, code } };
}

function secondsToWait(error: LockError): number {
  const remainingMs = error instanceof LockBusyError ? (error.remainingMs ?? 0) : 0;
  return Math.max(1, Math.ceil(remainingMs / 1000));
}
