import { detached, findCurrentLease, LockUsageError } from '../../../lib/core/index.js';
import { failure, LEASE, NOTHING, Stage } from './support/stage.js';

describe('re-entry', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));

  test('F13: using inside of using joins: same token, one grant, one release', async () => {
    const { locker } = stage;
    const tokens = await locker.using('k', (outer) =>
      locker.using('k', (inner) => locker.using('k', (innermost) => [outer.token, inner.token, innermost.token])),
    );
    expect(new Set(tokens).size).toBe(1);
    expect(stage.store.calls.map((call) => call.operation)).toEqual(['acquire', 'release']);
    expect(await stage.residue()).toEqual(NOTHING);
  });

  test('joined work never reports success after the lease has ended', async () => {
    const inner: unknown[] = [];
    await failure(
      stage.locker.using('k', async () => {
        inner.push(await failure(stage.locker.using('k', () => (stage.clock.block(LEASE.ms), 'sold'))));
      }),
    );
    expect(inner).toMatchObject([{ code: 'LOCK_LOST', completed: true, result: 'sold' }]);
  });

  test('F13: a lost or released outer lease is not joined: the key is taken anew', async () => {
    const { locker } = stage;
    const tokens: bigint[] = [];
    const error = await failure(
      locker.using('k', async (outer) => {
        tokens.push(outer.token);
        stage.clock.block(LEASE.ms);
        expect(() => {
          outer.assertHeld();
        }).toThrow();
        await locker.using('k', (lease) => tokens.push(lease.token));
      }),
    );
    expect(error).toMatchObject({ code: 'LOCK_LOST' });
    await locker.using('k', async (outer) => {
      await outer.release();
      await locker.using('k', (lease) => tokens.push(lease.token));
    });
    expect(tokens[1]).toBeGreaterThan(tokens[0]!);
    expect(await stage.residue()).toEqual(NOTHING);
  });

  test('F13: acquire of an own key is a LockUsageError at once; trying it is busy', async () => {
    await stage.locker.using('k', async () => {
      expect(await failure(stage.locker.acquire('k'))).toBeInstanceOf(LockUsageError);
      expect(await failure(stage.locker.acquire(['a', 'k', 'z']))).toBeInstanceOf(LockUsageError);
      expect(await failure(stage.locker.acquire('k', { wait: 0 }))).toMatchObject({ code: 'LOCK_BUSY' });
      expect(await stage.locker.tryAcquire('k')).toBeUndefined();
      expect(await stage.locker.tryAcquire(['a', 'k'])).toBeUndefined();
    });
    expect(await stage.residue()).toEqual(NOTHING);
    await stage.locker.close();
  });

  test('releasing the outer lease from joined work would wait for itself: LockUsageError at once', async () => {
    const error = await stage.locker.using('k', (outer) => stage.locker.using('k', () => failure(outer.release())));
    expect(error).toBeInstanceOf(LockUsageError);
    expect(await stage.residue()).toEqual(NOTHING);
  });

  test('detached leaves the context: the key is waited for like any other', async () => {
    const { locker } = stage;
    await locker.using('k', async () => {
      const error = await failure(detached(() => locker.using('k', { wait: 0 }, () => 'never')));
      expect(error).toMatchObject({ code: 'LOCK_BUSY' });
      detached(() => {
        expect(findCurrentLease()).toBeUndefined();
      });
      expect(findCurrentLease()).toBeDefined();
    });
  });

  test('two lockers do not see each other’s leases', async () => {
    const other = stage.other();
    await stage.locker.using('k', async () => {
      expect(await failure(other.using('k', { wait: 0 }, () => 'never'))).toMatchObject({ code: 'LOCK_BUSY' });
      expect(await other.tryAcquire('k')).toBeUndefined();
    });
  });

  test('namespaces are different keys', async () => {
    const { locker } = stage;
    const tokens = await locker.using('k', { namespace: 'a' }, (a) =>
      locker.using('k', { namespace: 'b' }, (b) => [a.storeKey, b.storeKey]),
    );
    expect(tokens).toEqual(['a:k', 'b:k']);
    expect(stage.store.count('acquire')).toBe(2);
  });
});
