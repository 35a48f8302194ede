import type { BusyHolder } from './backend.js';

/** Where and on what an error happened. Goes into the stack's head line, for logs, never into `message`. */
export interface LockErrorContext {
  /** Full key, namespace included. */
  readonly key?: string | undefined;
  /** Name of the store: `redis`, `sqlite`, `memory` … */
  readonly backend?: string | undefined;
  readonly cause?: unknown;
}

/** The brand survives two copies of this package in one process, where `instanceof` does not. */
const BRAND = Symbol.for('nestjs-locked.LockError');

/**
 * Base of everything this package throws. `message` says what happened and what to do, and is safe to show to a
 * client; key and store stand in fields of their own and in the first line of `stack`, where logs find them.
 */
export abstract class LockError extends Error {
  /** Stable and machine-readable, for example `LOCK_BUSY`. */
  abstract readonly code: string;
  /** HTTP status, read by Nest and by http-errors. */
  abstract readonly status: number;
  /** http-errors' way of saying: do not show my message to clients. */
  readonly expose = false;
  readonly key: string | undefined;
  readonly backend: string | undefined;

  constructor(message: string, context: LockErrorContext = {}) {
    super(message + where(context), context.cause === undefined ? undefined : { cause: context.cause });
    // V8 writes the head line when the stack is first read: with key and store, which the message that may reach a
    // client does not have.
    Reflect.get(this, 'stack');
    Object.defineProperty(this, 'message', { value: message, configurable: true, writable: true });
    Object.defineProperty(this, BRAND, { value: true });
    this.key = context.key;
    this.backend = context.backend;
  }

  /** The same for Nest, which takes an error for one of http-errors only with both. */
  get statusCode(): number {
    return this.status;
  }

  /** Read by GraphQL, where no filter sees the error: Nest runs none for field resolvers unless told to. */
  get extensions(): { code: string; status: number } {
    return { code: this.code, status: this.status };
  }

  /** Name, code, message and status: no key, no holder, no cause. */
  toJSON(): { name: string; code: string; message: string; status: number } {
    return { name: this.name, code: this.code, message: this.message, status: this.status };
  }
}

function where({ key, backend }: LockErrorContext): string {
  const parts = [
    key === undefined ? '' : `key ${JSON.stringify(key)}`,
    backend === undefined ? '' : `store ${backend}`,
  ];
  const known = parts.filter((part) => part !== '').join(', ');
  return known === '' ? '' : ` [${known}]`;
}

/** Whether `error` was thrown by this package, by whichever copy of it. */
export function isLockError(error: unknown): error is LockError {
  return typeof error === 'object' && error !== null && BRAND in error;
}

/** The key is held by somebody else and the caller did not want to wait. */
export class LockBusyError extends LockError {
  readonly code = 'LOCK_BUSY';
  readonly status = 409;
  /** How long the present lease still runs, in ms, where the store knows; the holder may renew it. */
  readonly remainingMs: number | undefined;
  /** Description of the holder, where the store has one. */
  readonly holder: BusyHolder | undefined;

  constructor(context: LockErrorContext & { remainingMs?: number | undefined; holder?: BusyHolder | undefined }) {
    super('The lock is held by somebody else. Try again later, or give `wait` to queue for it.', context);
    this.remainingMs = context.remainingMs;
    // Not enumerable: a holder must not travel to a client with a careless JSON.stringify.
    Object.defineProperty(this, 'holder', { value: context.holder });
  }
}

/** The wait bound passed before the key became free. */
export class LockTimeoutError extends LockError {
  readonly code = 'LOCK_TIMEOUT';
  readonly status = 423;
  /** How long the caller waited, in ms. */
  readonly waitedMs: number;

  constructor(waitedMs: number, context: LockErrorContext) {
    const waited = String(Math.round(waitedMs));
    super(`The lock did not become free within ${waited} ms. Try again later, or give a longer \`wait\`.`, context);
    this.waitedMs = waitedMs;
  }
}

/** The caller's own signal was aborted while it waited; `cause` is the signal's reason. */
export class LockAbortedError extends LockError {
  readonly code = 'LOCK_ABORTED';
  readonly status = 503;

  constructor(context: LockErrorContext) {
    super('Waiting for the lock was aborted by the caller.', context);
  }
}

/** Why a lease ended before its holder gave it back. */
export type LostReason = 'expired' | 'taken' | 'session' | 'forced' | 'maxHold' | 'shutdown';

const LOST: Record<LostReason, string> = {
  expired: 'it could not be renewed in time',
  taken: 'the store no longer holds it for us',
  session: 'the session with the store ended',
  forced: 'somebody released it by force',
  maxHold: 'it was held longer than `maxHold` allows',
  shutdown: 'the application shut down before the work was done',
};

/** The lease ended before the work did: another holder may be at work. Check the token before you write. */
export class LockLostError extends LockError {
  readonly code = 'LOCK_LOST';
  readonly status = 500;
  readonly reason: LostReason;
  /** Whether the protected function had ended, without an error, when the loss was reported. */
  readonly completed: boolean;
  /** What the function returned, if it is `completed`. */
  readonly result: unknown;

  constructor(reason: LostReason, context: LockErrorContext & { completed?: boolean; result?: unknown }) {
    super(`The lock was lost: ${LOST[reason]}. Writes after this moment may collide with the next holder's.`, context);
    this.reason = reason;
    this.completed = context.completed ?? false;
    Object.defineProperty(this, 'result', { value: context.result });
  }
}

/** The store could not be reached or refused the operation; says nothing about who holds the key. */
export class LockBackendError extends LockError {
  readonly code = 'LOCK_BACKEND';
  readonly status = 503;
  /** `not-applied`: the store certainly did nothing; `unknown`: it may have done it and the answer was lost. */
  readonly outcome: 'not-applied' | 'unknown';
  /** Whether the same request may well succeed a moment later (a cut link, a dead-lock victim). */
  readonly transient: boolean;

  constructor(
    message: string,
    context: LockErrorContext & { outcome: 'not-applied' | 'unknown'; transient?: boolean | undefined },
  ) {
    super(message, context);
    this.outcome = context.outcome;
    this.transient = context.transient ?? false;
  }
}

/** A limit of this process on held or waiting locks was reached. */
export class LockQuotaError extends LockError {
  readonly code = 'LOCK_QUOTA';
  readonly status = 429;

  constructor(what: string, limit: number, context: LockErrorContext) {
    super(
      `Too many ${what} in this process (limit ${String(limit)}). Shed load, or raise the limit in \`quota\`.`,
      context,
    );
  }
}

/** A key, or a part of one, is unfit: empty, not a plain value, too long, or with characters no store keeps apart. */
export class LockKeyError extends LockError {
  readonly code = 'LOCK_KEY';
  readonly status = 400;
}

/** An option is out of its bounds; `option` names it. */
export class LockOptionsError extends LockError {
  readonly code = 'LOCK_OPTIONS';
  readonly status = 500;
  readonly option: string;

  constructor(option: string, message: string, context: LockErrorContext = {}) {
    super(`Option \`${option}\` ${message}`, context);
    this.option = option;
  }
}

/** The call itself is wrong: it would wait for itself, or asks for something that this lease cannot do. */
export class LockUsageError extends LockError {
  readonly code = 'LOCK_USAGE';
  readonly status = 500;
}

/** A `@Locked` method ran on an instance that no LockModule has bound. It did not run unlocked. */
export class LockNotBoundError extends LockError {
  readonly code = 'LOCK_NOT_BOUND';
  readonly status = 500;
}

/** The locks of this process are shutting down: nothing new is granted. */
export class LockShutdownError extends LockError {
  readonly code = 'LOCK_SHUTDOWN';
  readonly status = 503;

  constructor(context: LockErrorContext = {}) {
    super('The application is shutting down and grants no more locks.', context);
  }
}

/** A guarded write came with an older fencing token than one already seen: its lease is no longer the current one. */
export class StaleTokenError extends LockError {
  readonly code = 'LOCK_STALE_TOKEN';
  readonly status = 409;

  constructor(context: LockErrorContext) {
    super('A newer holder of this lock has already written. The stale write was refused.', context);
  }
}

const NAMED = {
  LockBusyError,
  LockTimeoutError,
  LockAbortedError,
  LockLostError,
  LockBackendError,
  LockQuotaError,
  LockKeyError,
  LockOptionsError,
  LockUsageError,
  LockNotBoundError,
  LockShutdownError,
  StaleTokenError,
};
for (const [name, type] of Object.entries(NAMED)) {
  // On the prototype, so that V8 finds it for the stack's head line; from a literal, so that a minifier keeps it.
  Object.defineProperty(type.prototype, 'name', { value: name, configurable: true, writable: true });
}
