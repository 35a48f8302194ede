import { jest } from '@jest/globals';
import { type ArgumentsHost, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { lastValueFrom, type Observable } from 'rxjs';
import {
  LockAbortedError,
  LockBackendError,
  LockBusyError,
  type LockError,
  lockErrorToHttp,
  LockExceptionFilter,
  LockKeyError,
  LockLostError,
  LockNotBoundError,
  LockOptionsError,
  LockQuotaError,
  LockShutdownError,
  LockTimeoutError,
  LockUsageError,
  StaleTokenError,
} from 'nestjs-locked';

const key = 'order:secret';
const holder = { description: 'worker at 10.0.0.7' };
const outcome = 'unknown' as const;

describe('lockErrorToHttp', () => {
  it.each<[LockError, number, string | undefined]>([
    [new LockBusyError({ key, remainingMs: 2_100, holder }), 409, '3'],
    [new LockBusyError({ key }), 409, '1'],
    [new LockTimeoutError(200, { key }), 423, '1'],
    [new LockQuotaError('leases held', 7, { key }), 429, '1'],
    [new LockKeyError('bad', { key }), 400, undefined],
    [new StaleTokenError({ key }), 409, undefined],
    [new LockAbortedError({ key }), 503, undefined],
    [new LockBackendError('10.0.0.7', { key, outcome }), 503, undefined],
    [new LockShutdownError({ key }), 503, undefined],
    [new LockLostError('expired', { key, completed: true, result: holder }), 500, undefined],
    [new LockOptionsError('wait', 'is secret', { key }), 500, undefined],
    [new LockUsageError('secret', { key }), 500, undefined],
    [new LockNotBoundError('secret', { key }), 500, undefined],
  ])('%p', (error, status, retryAfter) => {
    const reply = lockErrorToHttp(error);
    expect(reply.status).toBe(status);
    expect(reply.headers['Retry-After']).toBe(retryAfter);
    expect(reply.body).toMatchObject({ statusCode: status, code: error.code });
    expect(JSON.stringify(reply)).not.toMatch(/secret|10\.0\.0\.7/);
  });
});

describe('LockExceptionFilter', () => {
  const filter = new LockExceptionFilter(new HttpAdapterHost());
  const busy = new LockBusyError({ key, holder });
  const reply = { status: 'error', code: 'LOCK_BUSY', message: busy.message };
  const hostOf = (type: string, client?: object) =>
    ({ getType: () => type, switchToWs: () => ({ getClient: () => client }) }) as unknown as ArgumentsHost;
  let error: jest.SpiedFunction<Logger['error']>;

  beforeEach(() => {
    error = jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
  });
  afterEach(() => jest.restoreAllMocks());

  it('fails the reply to a message', async () => {
    const answer = filter.catch(busy, hostOf('rpc')) as Observable<unknown>;
    await expect(lastValueFrom(answer)).rejects.toEqual(reply);
  });

  it('tells the client of a WebSocket', () => {
    const emit = jest.fn();
    expect(filter.catch(busy, hostOf('ws', { emit }))).toBeUndefined();
    expect(emit).toHaveBeenCalledWith('exception', reply);
  });

  it('gives GraphQL an error with extensions, and none of ours, whose stack names the key', () => {
    const thrown = caught(() => filter.catch(busy, hostOf('graphql')));
    expect(thrown).toMatchObject({ message: busy.message, extensions: { code: 'LOCK_BUSY', status: 409 } });
    expect((thrown as Error).stack).not.toContain(key);
  });

  it('throws on what it has no form for', () => {
    expect(caught(() => filter.catch(busy, hostOf('telegraf')))).toBe(busy);
  });

  it('logs what the client cannot help', () => {
    caught(() => filter.catch(busy, hostOf('graphql')));
    expect(error).not.toHaveBeenCalled();
    const lost = new LockLostError('expired', { key });
    caught(() => filter.catch(lost, hostOf('graphql')));
    expect(error).toHaveBeenCalledWith(lost);
  });
});

function caught(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was thrown.');
}
