import { describe, expect, it } from '@jest/globals';
import { readParameters } from '../../../lib/keys/parameter.reader.js';
import { tokenize } from '../../../lib/keys/source.tokenizer.js';
import { evaluate, methodOf } from './evaluate.js';

const parametersOf = (source: string): string | undefined =>
  readParameters(tokenize(source) ?? [])
    ?.map(({ name, rest }) => (rest ? '...' : '') + (name ?? '{}'))
    .join();

describe('readParameters', () => {
  it.each([
    ['function () {}', ''],
    ['function pay(id) {}', 'id'],
    ['async function* pay(id, $amount_2,) {}', 'id,$amount_2'],
    ['async function /* (x) */ pay /* (y) */ ( /* z, */ id // )\n, amount) {}', 'id,amount'],
    ['id => id', 'id'],
    ['async id => (x) => id', 'id'],
    ['(id, amount) => ({ x: (y) => y })', 'id,amount'],
    ['async () => {}', ''],
    ['(...ids) => ids', '...ids'],
    ['(a, { b, c: [d] }, [e, f] = [1, 2], ...[g]) => a', 'a,{},{},...{}'],
    [
      '(a = (1, 2), b = { x: [",", `,${","}`] }, c = /[,)]/, d = (x, y) => x, e = function (p, q) {}) => a',
      'a,b,c,d,e',
    ],
    ['(a = class { m(x, y) {} }, b = a ? 1 : 2) => a', 'a,b'],
    ['(größe, 数) => größe', 'größe,数'],
    // What istanbul makes of defaults.
    [
      '(id, amount = (cov_1x().b[0][0]++, "a,b)"), x = (cov_1x().b[1][0]++, {})) => { cov_1x().f[0]++; }',
      'id,amount,x',
    ],
  ])('reads %s', (source, names) => {
    expect(parametersOf(Function.prototype.toString.call(evaluate(source)))).toBe(names);
  });

  it.each([
    ['pay(id) {}', 'pay'],
    ['async pay(id) {}', 'pay'],
    ['*pay(id) {}', 'pay'],
    ['async * pay (id) {}', 'pay'],
    ["'pay order'(id) {}", 'pay order'],
    ["['p(a' + 'y)'](id) {}", 'p(ay)'],
    ['42(id) {}', '42'],
    ['async(id) {}', 'async'],
    ['function(id) {}', 'function'],
    ['get(id) {}', 'get'],
  ])('reads the method %s', (source, name) => {
    expect(parametersOf(Function.prototype.toString.call(methodOf(source, name)))).toBe('id');
  });

  it.each(['class { constructor(id) {} }', 'class extends A {}', 'wrap((id) => id)', 'a + (id)', '=> a', ''])(
    'does not take %j for a function',
    (source) => {
      expect(parametersOf(source)).toBeUndefined();
    },
  );

  it('finds no names in native code', () => {
    expect(parametersOf(Function.prototype.toString.call(new Proxy((id: string) => id, {})))).toBe('');
  });
});
