import { type Lease } from '../../../lib/core/index.js';
import { failure, gate, LEASE, NOTHING, Stage, watch } from './support/stage.js';

describe('calls that joined the same lease', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));

  test('R25: siblings take turns, in the order in which they came', async () => {
    const log: string[] = [];
    const part = (name: string) => async (): Promise<void> => {
      log.push(`${name}+`);
      await stage.settle();
      log.push(`${name}-`);
    };
    await stage.locker.using('k', () =>
      Promise.all(['a', 'b', 'c'].map((name) => stage.locker.using('k', part(name)))),
    );
    expect(log).toEqual(['a+', 'a-', 'b+', 'b-', 'c+', 'c-']);
    expect(stage.store.count('acquire')).toBe(1);
  });

  test('R25: a sibling waits no longer than its bound, and is busy at once without one', async () => {
    const forever = gate();
    const results = watch(
      stage.locker.using('k', async () => {
        const first = stage.locker.using('k', () => forever.opened);
        const skipped = stage.locker.using('k', { wait: 0, onBusy: 'skip' }, () => 'never');
        const late = failure(stage.locker.using('k', { wait: '1s' }, () => 'never'));
        const outcome = [await skipped, await late] as const;
        forever.open();
        await first;
        return outcome;
      }),
    );
    await stage.clock.advance(1_060);
    expect(results.value).toMatchObject([undefined, { code: 'LOCK_TIMEOUT' }]);
  });

  test('R25: a sibling may stop waiting by its own signal', async () => {
    const forever = gate();
    const controller = new AbortController();
    const results = watch(
      stage.locker.using('k', async () => {
        const first = stage.locker.using('k', () => forever.opened);
        const second = failure(stage.locker.using('k', { signal: controller.signal }, () => 'never'));
        await stage.settle();
        controller.abort();
        const error = await second;
        forever.open();
        await first;
        return error;
      }),
    );
    await stage.settle();
    await stage.settle();
    expect(results.value).toMatchObject({ code: 'LOCK_ABORTED' });
  });

  test('a child that nobody awaits keeps the key after the outer function has ended', async () => {
    const open = gate();
    const child: { lease?: Lease; done?: ReturnType<typeof watch> } = {};
    const result = await stage.locker.using('k', () => {
      child.done = watch(
        stage.locker.using('k', async (lease) => {
          child.lease = lease;
          await open.opened;
          lease.assertHeld();
          return 'child';
        }),
      );
      return 'outer';
    });
    await stage.settle();
    expect(result).toBe('outer');
    expect(await stage.freeToken('k')).toBeUndefined();
    expect(stage.locker.counts().held).toBe(1);
    open.open();
    await stage.settle();
    expect(child.done?.value).toBe('child');
    expect(await stage.freeToken('k')).toBeDefined();
    expect(await stage.residue()).toEqual(NOTHING);
  });

  test('a child may follow a child after the outer function has ended; the key goes back with the last', async () => {
    const open = [gate(), gate()];
    await stage.locker.using('k', () => {
      for (const { opened } of open) void stage.locker.using('k', () => opened);
    });
    open[0]!.open();
    await stage.settle();
    expect(stage.store.count('release')).toBe(0);
    open[1]!.open();
    await stage.settle();
    expect(stage.store.count('release')).toBe(1);
  });

  test('a child that comes in the moment in which the last one ends joins, or takes the key anew', async () => {
    for (let moment = 0; moment < 40; moment++) {
      const late: Promise<unknown>[] = [];
      await stage.locker.using('k', () => {
        void stage.locker.using('k', async () => {
          await stage.settle();
          late.push(
            (async () => {
              for (let i = 0; i < moment; i++) await Promise.resolve();
              await stage.locker.using('k', () => undefined);
            })(),
          );
        });
      });
      await stage.settle();
      await stage.settle();
      await Promise.all(late);
      expect(late).toHaveLength(1);
    }
    expect(await stage.residue()).toEqual(NOTHING);
  });

  test('a loss between the call and the beginning of joined work: it does not begin, and nothing hangs', async () => {
    const work = watch(
      stage.locker.using('k', async (outer) => {
        const joined = stage.locker.using('k', () => 'never');
        stage.clock.block(LEASE.ms);
        expect(() => {
          outer.assertHeld();
        }).toThrow();
        return await failure(joined);
      }),
    );
    await stage.settle();
    expect(work.error).toMatchObject({ code: 'LOCK_LOST', result: { code: 'LOCK_LOST' } });
  });

  test('a lease lost while a child of it goes on is told to the outer caller, not hidden', async () => {
    const open = gate();
    const child: ReturnType<typeof watch>[] = [];
    const error = await failure(
      stage.locker.using('k', () => {
        child.push(watch(stage.locker.using('k', () => open.opened)));
        stage.clock.block(LEASE.ms);
        return 'sold';
      }),
    );
    expect(error).toMatchObject({ code: 'LOCK_LOST', completed: true, result: 'sold' });
    open.open();
    await stage.settle();
    expect(child[0]?.error).toMatchObject({ code: 'LOCK_LOST', reason: 'expired' });
  });

  test('the outer lease is lost while a sibling waits: it gets LockLostError at once, at any depth', async () => {
    const forever = gate();
    const seen: ReturnType<typeof watch>[] = [];
    const { locker } = stage;
    void failure(
      locker.using('k', { maxHold: '1s' }, async () => {
        seen.push(
          watch(
            locker.using('k', async () => {
              seen.push(watch(locker.using('k', () => forever.opened)));
              seen.push(watch(locker.using('k', () => 'never')));
              await forever.opened;
            }),
          ),
        );
        seen.push(watch(locker.using('k', () => 'never')));
        await forever.opened;
      }),
    );
    await stage.clock.advance(999);
    expect(seen.map((one) => one.state)).toEqual(['pending', 'pending', 'pending', 'pending']);
    await stage.clock.advance(1);
    const lost = seen.filter((one) => one.state === 'failed');
    expect(lost.map((one) => one.error)).toMatchObject([{ reason: 'maxHold' }, { reason: 'maxHold' }]);
    forever.open();
    await stage.settle();
    expect(await stage.residue()).toEqual(NOTHING);
  });
});
