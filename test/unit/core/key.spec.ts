import fc from 'fast-check';
import { LockKeyError, MAX_KEY_BYTES } from '../../../lib/core/index.js';
import { inLockingOrder, storeKeyOf } from '../../../lib/core/key.js';

describe('keys', () => {
  test('are refused when two of them could be one, or nobody could see them', () => {
    const bad = [
      '',
      '\0',
      'a\n',
      '\x7F',
      '\x85',
      '\uD800',
      'a\uDC00',
      '\uDC00\uD800',
      'x'.repeat(513),
      '€'.repeat(171),
    ];
    for (const key of [...bad, 42, 1n, null, undefined, {}, ['a'], Symbol('k'), new String('k')]) {
      expect(() => storeKeyOf('', key)).toThrow(LockKeyError);
    }
  });

  test('the limit counts bytes, the namespace included', () => {
    expect(storeKeyOf('', 'x'.repeat(512))).toHaveLength(512);
    expect(storeKeyOf('n', 'x'.repeat(510))).toHaveLength(512);
    expect(() => storeKeyOf('n', 'x'.repeat(511))).toThrow(LockKeyError);
    expect(storeKeyOf('', `${'€'.repeat(170)}ab`)).toHaveLength(172);
  });

  test('4.2: whatever the pair of namespace and key, two pairs never share a name', () => {
    const names = new Map<string, string>();
    const namespace = fc.constantFrom('', 'a', 'b', 'a.b', 'a-b');
    fc.assert(
      fc.property(namespace, fc.string({ unit: 'binary', maxLength: 60 }), (space, key) => {
        let name: string;
        try {
          name = storeKeyOf(space, key);
        } catch (error) {
          expect(error).toBeInstanceOf(LockKeyError);
          return;
        }
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(MAX_KEY_BYTES);
        if (space === '') return;
        const bytes = Buffer.from(name).toString('hex');
        expect(names.get(bytes) ?? JSON.stringify([space, key])).toBe(JSON.stringify([space, key]));
        names.set(bytes, JSON.stringify([space, key]));
      }),
      { numRuns: 10_000 },
    );
  });

  test('the locking order is one, whatever the order they came in', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1 }), (keys) => {
        const order = inLockingOrder(keys);
        expect(inLockingOrder([...keys, ...keys].reverse())).toEqual(order);
        expect(order).toHaveLength(keys.length);
      }),
    );
  });
});
