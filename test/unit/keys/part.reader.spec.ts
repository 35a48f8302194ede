import { describe, expect, it } from '@jest/globals';
import { LockKeyError } from '../../../lib/core/errors.js';
import { readPart } from '../../../lib/keys/part.reader.js';

const read = (args: readonly unknown[], path: readonly string[] = [], rest = false): string =>
  readPart(args, { text: ['<dto', ...path].join('.') + '>', name: 'dto', path, position: 0, rest });

class Entity {
  own = 'own';
  get computed(): string {
    return 'computed';
  }
}

describe('readPart', () => {
  it.each<[unknown, string]>([
    ['7', '7'],
    [' ', ' '],
    [7, '7'],
    [-0, '0'],
    [1.5, '1.5'],
    [1e21, '1e+21'],
    [2n ** 64n, '18446744073709551616'],
    [true, 'true'],
    [false, 'false'],
    ['\u{1f512}', '\u{1f512}'],
  ])('takes %p', (value, text) => {
    expect(read([value])).toBe(text);
  });

  it.each<[unknown, RegExp]>([
    ['', /<dto> must be .* but was an empty string/],
    [undefined, /but was undefined/],
    [null, /but was null/],
    [NaN, /but was a number that is not finite/],
    [-Infinity, /but was a number that is not finite/],
    [['secret'], /but was an array/],
    [{ toString: () => 'secret' }, /but was object/],
    [new String('secret'), /but was object/],
    [new Date(), /but was object/],
    [Symbol('secret'), /but was symbol/],
    [() => 'secret', /but was function/],
    ['secret\n', /control character/],
    ['secret\0', /control character/],
    ['secret\u007f', /control character/],
    ['secret\u0085', /control character/],
    ['secret\ud800', /surrogate/],
    ['\udc00secret', /surrogate/],
    ['secret\udc00\ud800', /surrogate/],
  ])('refuses %p without telling its value', (value, message) => {
    expect(() => read([value])).toThrow(LockKeyError);
    expect(() => read([value])).toThrow(message);
    expect(() => read([value])).not.toThrow(/secret/);
  });

  it('misses an argument that was not given', () => {
    expect(() => read([])).toThrow(/but was undefined/);
  });

  it('follows own properties, of arrays and strings too', () => {
    expect(read([{ customer: { id: 7 } }], ['customer', 'id'])).toBe('7');
    expect(read([Object.assign(Object.create(null) as object, { id: 7 })], ['id'])).toBe('7');
    expect(read([['a', 'b']], ['1'])).toBe('b');
    expect(read(['abc'], ['1'])).toBe('b');
    expect(read([new Entity()], ['own'])).toBe('own');
  });

  it.each<[string, unknown, string[]]>([
    ['a missing property', {}, ['id']],
    ['a getter of the class', new Entity(), ['computed']],
    ['what the prototype has', Object.create({ id: 7 }), ['id']],
    ['a built-in', 'abc', ['toString']],
    ['a path through null', { customer: null }, ['customer', 'id']],
    ['a path through undefined', undefined, ['id']],
    ['a path through a number', 7, ['id']],
    ['an index beyond the end', ['a'], ['1']],
    ['the hole of an array', new Array(1), ['0']],
  ])('refuses %s', (_, value, path) => {
    expect(() => read([value], path)).toThrow(LockKeyError);
    expect(() => read([value], path)).toThrow(new RegExp(`no own property \`${path.at(-1) ?? ''}\``));
  });

  it('counts a rest parameter from its first argument', () => {
    const argument = { text: '<ids.1>', name: 'ids', path: ['1'], position: 1, rest: true };
    expect(readPart(['x', 'a', 'b'], argument)).toBe('b');
  });

  it('turns whatever a hostile object throws into a LockKeyError that has it as cause', () => {
    const boom = new Error('secret');
    const getter = {
      get id(): string {
        throw boom;
      },
    };
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    expect(() => read([getter], ['id'])).toThrow(expect.objectContaining({ name: 'LockKeyError', cause: boom }));
    expect(() => read([getter], ['id'])).not.toThrow(/secret/);
    expect(() => read([proxy], ['0'])).toThrow(LockKeyError);
    expect(() => read([proxy])).toThrow(LockKeyError);
  });
});
