import { types } from 'node:util';
import { isLockError, LockBackendError } from '../../../core/errors.js';

const { isNativeError } = types;

/** What went wrong with one server of a quorum: which one, and how. */
export class NodeFailure extends Error {
  override readonly name = 'NodeFailure';
  readonly isTransient: boolean;

  constructor(
    readonly node: string,
    cause: unknown,
  ) {
    const { message = String(cause), cause: deeper } = isNativeError(cause) ? cause : {};
    super(`${node}: ${message}${isNativeError(deeper) ? ` (${deeper.message})` : ''}`, { cause });
    this.isTransient = cause instanceof LockBackendError ? cause.transient : !isLockError(cause);
  }
}

/** @param needed how many servers have to answer */
export function tooFewAnswers(
  operation: string,
  key: string | undefined,
  failures: readonly unknown[],
  { total, needed }: { total: number; needed: number },
): LockBackendError {
  const message =
    `${String(failures.length)} of ${String(total)} Redis servers did not ${operation}, and ${String(needed)} have to. ` +
    'Check those that the cause names.';
  const lasting = failures.filter((failure) => !(failure instanceof NodeFailure && failure.isTransient));
  return new LockBackendError(message, {
    ...{ key, backend: 'redis-quorum', outcome: 'unknown', transient: lasting.length <= total - needed },
    cause: new AggregateError(failures, failures.map(String).join('\n')),
  });
}
