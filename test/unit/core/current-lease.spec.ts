import { MemoryBackend } from '../../../lib/backends/memory/index.js';
import { currentLease, findCurrentLease, Locker, LockUsageError } from '../../../lib/core/index.js';
import { failure, LEASE, Stage } from './support/stage.js';

describe('currentLease', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));

  test('currentLease: the innermost, or by key as written or as stored; throws outside', async () => {
    const locker = stage.other({ namespace: 'shop' });
    expect(() => currentLease()).toThrow(LockUsageError);
    expect(findCurrentLease()).toBeUndefined();
    await locker.using('a', async (a) => {
      await locker.using('b', async (b) => {
        await stage.settle();
        expect(currentLease()).toBe(b);
        expect(currentLease('a')).toBe(a);
        expect(currentLease('shop:a')).toBe(a);
        expect(findCurrentLease('c')).toBeUndefined();
        expect(() => currentLease('c')).toThrow(LockUsageError);
      });
      expect(currentLease()).toBe(a);
      await a.release();
      expect(findCurrentLease()).toBeUndefined();
    });
  });

  test('currentLease finds a lost lease: who asserts it must hear of the loss', async () => {
    await failure(
      stage.locker.using('k', () => {
        stage.clock.block(LEASE.ms);
        expect(() => {
          currentLease('k').assertHeld();
        }).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }));
        expect(currentLease('k').state).toBe('lost');
      }),
    );
  });

  test('an abort handler runs outside of every lease, whoever’s timer has called it', async () => {
    // On real timers, which run in the async context that set them.
    const locker = new Locker(new MemoryBackend());
    const found = await locker.using('outer', async () => {
      const stuck = await locker.acquire('stuck', { maxHold: 1 });
      return await new Promise((resolve) => {
        stuck.signal.addEventListener('abort', () => {
          resolve(findCurrentLease());
        });
      });
    });
    expect(found).toBeUndefined();
    await locker.close();
  });
});
