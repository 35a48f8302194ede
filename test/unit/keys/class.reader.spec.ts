import { describe, expect, it } from '@jest/globals';
import { findMember } from '../../../lib/keys/class.reader.js';
import { tokenize } from '../../../lib/keys/source.tokenizer.js';
import { evaluate } from './evaluate.js';

function find(source: string, name: string | symbol = 'pay', isStatic = false): string | undefined {
  const text = Function.prototype.toString.call(evaluate(source));
  return findMember(tokenize(text) ?? [], name, isStatic)
    ?.map((parameter) => (parameter.rest ? '...' : '') + (parameter.name ?? '{}'))
    .join();
}

describe('findMember', () => {
  it.each([
    'pay(id) {}',
    'async pay(id) {}',
    '*pay(id) {}',
    'async *pay(id) {}',
    "'pay'(id) {}",
    '"pay"(id) {}',
    "['pay'](id) {}",
    'async /* pay(x) {} */ pay // (y)\n (id) {}',
    'pay = (id) => id',
    'pay = async (id) => id;',
    'pay = id => id',
    'pay = function (id) {}',
    'pay = async function* other(id) {}',
    "['pay'] = (id) => id",
  ])('finds %s among others', (member) => {
    expect(find(`class { before(x) {} ${member}\n after(x) {} }`)).toBe('id');
    expect(find(`class { static ${member}\n pay(x) {} }`, 'pay', true)).toBe('id');
    expect(find(`class { static ${member} }`)).toBeUndefined();
    expect(find(`class { ${member} }`, 'pay', true)).toBeUndefined();
  });

  it.each(['static', 'async', 'get', 'set', 'accessor', 'of', 'delete', 'in', 'constructor_', '0', 'größe'])(
    'finds a method called %s',
    (name) => {
      expect(find(`class { ${name}(id) {} }`, name)).toBe('id');
      expect(find(`class { static async *${name}(id) {} }`, name, true)).toBe('id');
      expect(find(`class { ${name} = (id) => 1; other(x) {} }`, name)).toBe('id');
    },
  );

  it.each([
    '#pay(x) {}',
    'static #pay = (x) => 1;',
    'get pay_() { return 1 } set pay_(x) {}',
    'static pay(x) {}',
    'static { function pay(x) {} this.q = { pay(x) {} }; }',
    'static { __name(this, "pay(x) {}"); }',
    "text = 'pay(x) {}';",
    'text = `pay(x) {} ${{ pay(x) {} }.pay(1)}`;',
    'pattern = /pay(x) {}/\n',
    'inner = class { pay(x) {} }\n',
    'inner = { pay(x) {} }\n',
    'other() { return { pay(x) {} }; }',
    'other(x = { pay(y) {} }) { if (x) /}/.test(x); }',
    '/* pay(x) {} */ // pay(y) {}\n',
    'a; b\n c = 1\n d = x => x\n',
    'static\n a\n async\n get = 1\n',
    "a = b\n instanceof c\n 'd' = e\n in f\n g = h\n ? i\n : j\n",
    'a = class B\n extends C {}\n b = function\n c() {}\n d = x =>\n { }\n e = -\n 1\n f = `x`\n',
    'a = async function\n b(x) {}\n c = new\n D(1)\n',
    '[Symbol.iterator](x) {} [name] = 1; *[`x`](y) {} 1.5() {}',
    'a = b\n instanceof c.d(1);',
    'static; get; async\n a;',
    'a\n *b(x) {}\n static c\n async d(x) {}',
    ';;;',
  ])('is not led astray by %s', (noise) => {
    const scope = 'const [name, c, b, x, e, f, h, i, j, __name] = ["n", Object, {}, 1, "", {}, 1, 1, 1, () => 1];';
    const program = (members: string): string =>
      `(() => { ${scope} class C {} class D {} return class { constructor(x) {} ${members} }; })()`;
    expect(find(program(`${noise} pay(id) {}`))).toBe('id');
    expect(find(program(`pay(id) {} ${noise}`))).toBe('id');
    expect(find(program(noise))).toBeUndefined();
  });

  it.each([
    'class A extends Object { pay(id) {} }',
    'class extends (class { pay(x) {} }) { pay(id) {} }',
    'class extends class { pay(x) {} } { pay(id) {} }',
    'class extends ((x) => ({ pay(y) {} }, Object))({ pay(z) {} }) { pay(id) {} }',
    'class /* { pay(x) {} } */ A { pay(id) {} }',
  ])('finds the body of %s', (source) => {
    expect(find(source)).toBe('id');
  });

  it.each(['get', 'static', 'async', 'a', 'a = 1'])('reads a class that ends with the field %s', (field) => {
    expect(find(`class { pay(id) {} ${field} }`)).toBe('id');
  });

  it('takes the last of two methods with one name', () => {
    expect(find('class { pay(x) {} pay(id) {} }')).toBe('id');
  });

  it('tells public and private names apart', () => {
    expect(find("class { #pay(x) {} '#pay'(id) {} }", '#pay')).toBe('id');
    expect(find('class { #pay(x) {} }', '#pay')).toBeUndefined();
  });

  it('does not guess computed names, symbols and escapes', () => {
    for (const name of ['pay', 'p']) expect(find("class { ['p' + 'ay'](id) {} }", name)).toBeUndefined();
    expect(find('class { [Symbol.iterator](id) {} }', Symbol.iterator)).toBeUndefined();
    for (const name of ['pay', String.raw`p\x61y`]) {
      expect(find(String.raw`class { 'p\x61y'(id) {} }`, name)).toBeUndefined();
    }
  });

  it('does not take the value of a field for its parameters', () => {
    expect(find('class { pay = ((id) => id)(1) }')).toBeUndefined();
    expect(find('class { pay = Object\n other(id) {} }')).toBeUndefined();
  });

  it('trusts nothing in a class that it does not understand to the end', () => {
    expect(findMember(tokenize('class { pay(id) {} declare other }') ?? [], 'pay', false)).toBeUndefined();
    expect(findMember(tokenize('class { pay(id) {} @later(x) other() {} }') ?? [], 'pay', false)).toBeUndefined();
  });

  it('reads nothing but classes', () => {
    expect(find('function () { return { pay(id) {} } }')).toBeUndefined();
    expect(find('function () { pay = (id) => id }')).toBeUndefined();
    expect(findMember([], 'pay', false)).toBeUndefined();
  });
});
