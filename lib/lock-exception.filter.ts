import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { throwError } from 'rxjs';
import { LockError } from './core/errors.js';
import { lockErrorToHttp } from './lock-error-to-http.js';

/** Where messages over a WebSocket leave their errors, as Nest's own filter does it. */
interface Emitter {
  emit(event: 'exception', error: unknown): unknown;
}

/** Tells callers of a locked handler what happened, over HTTP, RPC, WebSocket and GraphQL, each in its own form. */
@Catch(LockError)
export class LockExceptionFilter implements ExceptionFilter<LockError> {
  readonly #logger = new Logger('nestjs-locked');

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(error: LockError, host: ArgumentsHost): unknown {
    const kind = host.getType<string>();
    // From 500 on it is ours to look at; below, the client is told. Who sent an event is not.
    if (error.status >= 500) this.#logger.error(error);
    else if (kind === 'rpc') this.#logger.warn(error);
    const { body } = lockErrorToHttp(error);
    const reply = { status: 'error', message: body.message, code: body.code };
    switch (kind) {
      case 'http':
        this.#answerHttp(error, host);
        return undefined;
      case 'rpc':
        return throwError(() => reply);
      case 'ws':
        host.switchToWs().getClient<Emitter>().emit('exception', reply);
        return undefined;
      case 'graphql':
        // GraphQL takes `extensions` over from the error it is thrown; a new error, because the stack names the key.
        throw Object.assign(new Error(body.message), { extensions: { code: body.code, status: body.statusCode } });
      default:
        throw error;
    }
  }

  #answerHttp(error: LockError, host: ArgumentsHost): void {
    const { httpAdapter } = this.adapterHost;
    const response: unknown = host.switchToHttp().getResponse();
    if (httpAdapter.isHeadersSent(response)) {
      httpAdapter.end(response);
      return;
    }
    const { status, headers, body } = lockErrorToHttp(error);
    for (const [name, value] of Object.entries(headers)) httpAdapter.setHeader(response, name, value);
    httpAdapter.reply(response, body, status);
  }
}
