import fc from 'fast-check';
import { MemoryBackend } from '../../../lib/backends/memory/index.js';
import { isLockError, Locker, LockOptionsError, parseDuration, type UsingOptions } from '../../../lib/core/index.js';
import { failure } from './support/stage.js';

const locker = new Locker(new MemoryBackend());
const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withSet: true,
});
const DURATIONS = ['wait', 'lease', 'minHold', 'maxHold', 'handOver.time'] as const;
const NAMES = [...DURATIONS.slice(0, 4), 'mode', 'handOver', 'namespace', 'label', 'onBusy', 'onLost', 'signal'];

function optionOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof LockOptionsError) return error.option;
    throw error;
  }
  return undefined;
}
const nested = (name: string, value: unknown): UsingOptions =>
  name.startsWith('handOver.') ? { handOver: { [name.slice(9)]: value } } : { [name]: value };

describe('options', () => {
  const NO_DURATION = [
    -1, -1e-3, NaN, Infinity, -Infinity, 2 ** 31 * 1000, Number.MAX_VALUE, '10', '', ' ', '1e3', '-5s', 'soon', 's', '5 parsecs',
    '10 s s', '9'.repeat(101), '25h', null, true, {}, [], [5], 10n, Symbol('s'), () => 5, new Date(),
  ]; // prettier-ignore

  test.each(DURATIONS)('F64: every bad duration for %s is refused with its name', (name) => {
    for (const bad of NO_DURATION) expect(optionOf(() => locker.prepare(nested(name, bad)))).toBe(name);
  });

  test('F64: bounds of the lease', () => {
    for (const bad of [0, 1e-3, 149.9, '149ms', 86_400_001, 2 ** 31])
      expect(optionOf(() => locker.prepare({ lease: bad as number }))).toBe('lease');
    expect(locker.prepare({ lease: 150 }).leaseMs).toBe(150);
    expect(locker.prepare({ lease: '24h' }).leaseMs).toBe(86_400_000);
  });

  test.each([
    ['mode', 'shared'], ['mode', 'EXCLUSIVE'], ['handOver', true], ['handOver', 5], ['handOver', null],
    ['handOver.turns', 0], ['handOver.turns', 1.5], ['handOver.turns', '5'], ['handOver.turns', NaN], ['handOver.typo', 1],
    ['namespace', ''], ['namespace', 'a:b'], ['namespace', 'a b'], ['namespace', 'x'.repeat(65)], ['namespace', 5],
    ['namespace', 'shop\n'], ['label', 5], ['onBusy', 'ignore'], ['onBusy', null], ['onLost', true],
    ['signal', {}], ['signal', { aborted: false }], ['typo', 1], ['__proto__x', 1], ['constructor', 1], ['toString', 1],
  ])('F64: %s refuses %p', (name, bad) => {
    expect(optionOf(() => locker.prepare(nested(name, bad)))).toBe(name);
  }); // prettier-ignore

  test('F64: whatever is given, it is read or refused by name; nothing else is thrown', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const option = optionOf(() => locker.prepare(value as UsingOptions));
        if (option === undefined) expect(locker.prepare(value as UsingOptions).leaseMs).toBeGreaterThanOrEqual(150);
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), anything, (name, value) => {
        const option = optionOf(() => locker.prepare({ [name]: value }));
        expect([undefined, name]).toContain(option?.split('.')[0]);
        if (option === undefined && value !== undefined && name !== 'label') {
          expect(['number', 'string', 'boolean', 'object', 'function']).toContain(typeof value);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  test('F64: what a duration comes to is finite, in bounds and not less than nothing', () => {
    fc.assert(
      fc.property(
        fc.oneof(anything, fc.string(), fc.double(), fc.stringMatching(/^-?\d{0,12} ?[a-z]{0,4}$/)),
        (value) => {
          try {
            const ms = parseDuration('wait', value, { max: 1_000_000 });
            expect(ms >= 0 && ms <= 1_000_000).toBe(true);
          } catch (error) {
            expect(error).toMatchObject({ code: 'LOCK_OPTIONS', option: 'wait' });
          }
        },
      ),
      { numRuns: 5_000 },
    );
  });

  test('what hides in a prototype is no option', () => {
    const polluted = Object.create({ wait: -1, mode: 'shared' }) as UsingOptions;
    expect(locker.prepare(polluted)).toEqual(locker.prepare({}));
    expect(optionOf(() => locker.prepare(JSON.parse('{"__proto__":{"wait":1}}') as UsingOptions))).toBe('__proto__');
  });

  test('undefined leaves the default; the later layer wins; minHold fits into maxHold over all layers', () => {
    const own = new Locker(new MemoryBackend(), { wait: '1s', lease: '30s', maxHold: '1m', handOver: { turns: 3 } });
    const settings = own.prepare({ wait: undefined, lease: '20s', handOver: { time: 5, turns: undefined } });
    expect(settings).toMatchObject({ waitMs: 1_000, leaseMs: 20_000, maxHoldMs: 60_000, turns: 3, handOverMs: 5 });
    expect(optionOf(() => own.prepare({ minHold: '61s' }))).toBe('minHold');
    expect(own.prepare(settings)).toBe(settings);
  });

  test.each([
    ['quota.held', { quota: { held: 0 } }], ['quota.held', { quota: { held: NaN } }], ['quota.held', { quota: { held: '5' } }],
    ['quota.typo', { quota: { typo: 5 } }], ['quota', { quota: null }], ['quota', { quota: 5 }], ['name', { name: 5 }], ['name', { name: '' }],
    ['clock', { clock: {} }], ['clock', { clock: null }], ['wait', { wait: '10' }], ['typo', { typo: 1 }], ['options', null], ['options', 5],
  ])('the locker itself refuses a bad %s: %j', (name, options) => {
    expect(optionOf(() => new Locker(new MemoryBackend(), options as never))).toBe(name);
  }); // prettier-ignore

  test('a locker without a store says so', () => {
    for (const bad of [undefined, null, {}, 'redis://localhost'])
      expect(optionOf(() => new Locker(bad as never))).toBe('backend');
  });

  test('calls refuse bad options before anything is touched, as rejections', async () => {
    const bad = { wait: '10' } as never;
    for (const call of [
      () => locker.acquire('k', bad),
      () => locker.tryAcquire('k', bad),
      () => locker.using('k', bad, () => 1),
      () => locker.using('k', null as never, () => 1),
    ]) {
      const error = await failure(call());
      expect(isLockError(error) && error.code).toBe('LOCK_OPTIONS');
    }
    expect(await failure(locker.using('k', {}, undefined as never))).toMatchObject({ code: 'LOCK_USAGE' });
    expect(locker.counts()).toEqual({ held: 0, waiting: 0 });
  });

  test('no message repeats a long text that was pasted into the wrong place', () => {
    const secret = 'redis://user:hunter2@host/'.repeat(5);
    for (const name of DURATIONS) {
      try {
        locker.prepare(nested(name, secret));
        throw new Error('accepted');
      } catch (error) {
        expect((error as Error).message).not.toContain('hunter2');
      }
    }
  });
});
