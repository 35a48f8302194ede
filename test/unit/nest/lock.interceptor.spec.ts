import { type CallHandler, type ExecutionContext } from '@nestjs/common';
import { lastValueFrom, of } from 'rxjs';
import { LockInterceptor, LockService, UseLock } from 'nestjs-locked';
import { FakeLocks } from 'nestjs-locked/testing';

class Handlers {
  @UseLock(() => 'busy', { onBusy: 'skip' })
  skips(): string {
    return 'worked';
  }

  free(): string {
    return 'worked';
  }
}

const contextOf = (handler: object) =>
  ({ getHandler: () => handler, getClass: () => Handlers, getType: () => 'graphql' }) as unknown as ExecutionContext;
const next: CallHandler = { handle: () => of('worked') };

describe('LockInterceptor', () => {
  it('answers undefined, and not nothing at all, for a handler that was skipped', async () => {
    const fake = new FakeLocks();
    const interceptor = new LockInterceptor(fake.locks);
    const run = () => lastValueFrom(interceptor.intercept(contextOf(Handlers.prototype.skips), next));
    expect(await run()).toBe('worked');
    fake.busy('busy');
    expect(await run()).toBeUndefined();
  });

  it('leaves handlers alone that nobody locked', async () => {
    const fake = new FakeLocks();
    const interceptor = new LockInterceptor(fake.locks);
    expect(await lastValueFrom(interceptor.intercept(contextOf(Handlers.prototype.free), next))).toBe('worked');
    expect(fake.keys).toEqual([]);
  });

  it('never runs unlocked with what is no LockService', async () => {
    const mock = { using: () => Promise.resolve('unlocked') } as unknown as LockService;
    const result = new LockInterceptor(mock).intercept(contextOf(Handlers.prototype.skips), next);
    await expect(lastValueFrom(result)).rejects.toMatchObject({ code: 'LOCK_NOT_BOUND' });
  });
});
