import { AsyncLocalStorage } from 'node:async_hooks';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';

const signals = new AsyncLocalStorage<AbortSignal | undefined>();

/** Tells the `@Locked` handler below it when the client has hung up, for then nobody waits for the lock any more. */
@Injectable()
export class CallerSignalInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const signal = signalOfClient(context);
    return signal ? signals.run(signal, () => next.handle()) : next.handle();
  }
}

/** Signal of the client whose handler runs now. */
export function callerSignal(): AbortSignal | undefined {
  return signals.getStore();
}

/** A handler runs on when its client is gone: locks that it takes itself know nothing of the client. */
export function withoutCallerSignal<T>(work: () => T): T {
  return signals.getStore() ? signals.run(undefined, work) : work();
}

/** The raw response of Node: Express gives it as it is, Fastify inside of its own. */
interface RawResponse {
  readonly destroyed: boolean;
  once(event: 'close', listener: () => void): unknown;
}

/** Aborts when the client of an HTTP request hangs up; `undefined` for everything that is no HTTP request. */
export function signalOfClient(context: ExecutionContext): AbortSignal | undefined {
  if (context.getType() !== 'http') return undefined;
  const response = context.switchToHttp().getResponse<(RawResponse & { raw?: RawResponse }) | undefined>();
  const raw = response?.raw ?? response;
  if (typeof raw?.once !== 'function') return undefined;
  const hangUp = new AbortController();
  const gone = () => {
    hangUp.abort(new Error('The client hung up.'));
  };
  // It also closes when all is answered; then nobody listens any more.
  if (raw.destroyed) gone();
  else raw.once('close', gone);
  return hangUp.signal;
}
