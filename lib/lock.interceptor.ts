import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { defaultIfEmpty, type Observable } from 'rxjs';
import { signalOfClient } from './caller-signal.js';
import { isEventStream } from './handler.kind.js';
import { type UnderLock, whileSubscribed } from './held-result.js';
import { handlerLockOf } from './lock.metadata.js';
import { lockerOf, LockService } from './lock.service.js';
import { LockNotBoundError } from './core/errors.js';
import { returnsObservable } from './declared-result.js';

/** Runs the rest of a handler's way under the lock that `@UseLock` asks for. */
@Injectable()
export class LockInterceptor implements NestInterceptor {
  /** It comes by twice where the decorator stands above the class and above the method. */
  readonly #locked = new WeakSet<ExecutionContext>();

  constructor(private readonly locks: LockService) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const lock = handlerLockOf(context.getHandler()) ?? handlerLockOf(context.getClass());
    if (!lock || this.#locked.has(context)) return next.handle();
    this.#locked.add(context);

    const { rule, keyOf } = lock;
    const client = signalOfClient(context);
    const underLock: UnderLock = async (work, left) => {
      const locker = lockerOf(this.locks, rule.store, context.getClass().name);
      if (!locker) throw new LockNotBoundError('@UseLock got something that is not a LockService: a mock, perhaps.');
      const signal = left && client ? AbortSignal.any([left, client]) : (left ?? client);
      return await rule.run(locker, keyOf(context), { signal, args: [context] }, work);
    };
    // A handler runs on when it is let go of: its lock stays until it has settled, lost or not.
    const mayBeWork = !isSubscription(context);
    const result = whileSubscribed(underLock, () => next.handle(), { stopsWhenLost: false, mayBeWork });
    return rule.skips ? result.pipe(defaultIfEmpty(undefined)) : result;
  }
}

/** Whether the handler is one that ends when nobody is subscribed to it any more. */
function isSubscription(context: ExecutionContext): boolean {
  const handler = context.getHandler();
  return isEventStream(handler) || returnsObservable(context.getClass().prototype as object, handler.name);
}
