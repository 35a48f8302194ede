import { describe, expect, it } from '@jest/globals';
import { LockKeyError } from '../../../lib/core/errors.js';
import { compileKey, type KeySite } from '../../../lib/keys/index.js';
import { classFrom, evaluate, type Method } from './evaluate.js';

/** A decorator as many libraries have one: it puts a function of its own in the method's place. */
const wrappers: Record<string, (method: Method) => Method> = {
  'a function of its own': (method) =>
    function (this: unknown, ...args: never[]) {
      return method.apply(this, args);
    },
  'a function with other names': (method) => (ctx: never, next: never) => method(ctx, next),
  'a proxy': (method) => new Proxy(method, {}),
  'a bound function': (method) => method.bind(undefined),
};

function siteOf(target: object, property: string | symbol = 'pay', marked: Record<string, number> = {}): KeySite {
  const method = (target as Record<string | symbol, Method>)[property]!;
  return { target, property, method, marked: new Map(Object.entries(marked)) };
}

const key = (template: string, site: KeySite, ...args: unknown[]): string => compileKey(template, site).resolve(args);

class Orders {
  async pay(id: string, amount = 1, ...tags: string[]): Promise<unknown> {
    return [id, amount, tags];
  }
  static pay(region: string): string {
    return region;
  }
  load({ id }: { id: string }, [first] = ['x']): string {
    return id + first;
  }
  [Symbol.for('audit')](id: string): string {
    return id;
  }
}

describe('resolveArgument', () => {
  it('finds parameters by name', () => {
    expect(key('o:<amount>:<id>', siteOf(Orders.prototype), 'a', 7)).toBe('o:7:a');
    expect(key('o:<region>', siteOf(Orders), 'eu')).toBe('o:eu');
    expect(key('o:<id>', siteOf(Orders.prototype, Symbol.for('audit')), 'a')).toBe('o:a');
  });

  it('finds arguments by position', () => {
    expect(key('o:<1>:<0>', siteOf(Orders.prototype), 'a', 7)).toBe('o:7:a');
    expect(key('o:<0.id>', siteOf(Orders.prototype, 'load'), { id: 'a' })).toBe('o:a');
  });

  it('prefers marks to positions and names', () => {
    expect(key('o:<id>', siteOf(Orders.prototype, 'pay', { id: 1 }), 'a', 7)).toBe('o:7');
    expect(key('o:<0>', siteOf(Orders.prototype, 'pay', { '0': 1 }), 'a', 7)).toBe('o:7');
    expect(key('o:<order-id>', siteOf(Orders.prototype, 'pay', { 'order-id': 0 }), 'a', 7)).toBe('o:a');
  });

  it('takes one of a rest parameter, never the list', () => {
    expect(key('o:<tags.1>', siteOf(Orders.prototype), 'a', 7, 't0', 't1')).toBe('o:t1');
    expect(() => compileKey('o:<tags>', siteOf(Orders.prototype))).toThrow(/<tags>, which is a list.*<tags.0>/);
  });

  describe.each(Object.entries(wrappers))('above a decorator that left %s', (_, wrap) => {
    const wrapped = (target: object, property = 'pay', marked = {}): KeySite => {
      const site = siteOf(target, property, marked);
      return { ...site, method: wrap(site.method) };
    };

    it('finds the names in the source of the class', () => {
      expect(key('o:<amount>:<id>', wrapped(Orders.prototype), 'a', 7)).toBe('o:7:a');
      expect(key('o:<region>', wrapped(Orders), 'eu')).toBe('o:eu');
      expect(key('o:<tags.0>', wrapped(Orders.prototype), 'a', 7, 't0')).toBe('o:t0');
    });

    it('takes positions and marks', () => {
      expect(key('o:<0>', wrapped(Orders.prototype), 'a')).toBe('o:a');
      expect(key('o:<x>', wrapped(Orders.prototype, 'pay', { x: 1 }), 'a', 7)).toBe('o:7');
    });

    it('does not take the names of the wrapper', () => {
      for (const name of ['args', 'ctx', 'next']) {
        expect(() => compileKey(`o:<${name}.id>`, wrapped(Orders.prototype))).toThrow(/\(id, amount, \.\.\.tags\)/);
      }
    });
  });

  it('looks into the class when the wrapper stands in the class itself', () => {
    const type = classFrom(
      'class { static wrap(method) { return function (...args) { return method.apply(this, args); }; } pay(id) {} }',
    );
    const { wrap } = type as unknown as { wrap: (method: Method) => Method };
    const site = siteOf(type.prototype);
    expect(key('o:<id>', { ...site, method: wrap(site.method) }, 'a')).toBe('o:a');
  });

  it.each<[string, string]>([
    ['esbuild', 'class Foo { static { __name(this, "Foo"); } async pay(id) { const f = __name(() => id, "f"); } }'],
    [
      'swc',
      'class Foo { #a = _async(id => 1); pay(id) { return this.#pay(id) } #pay(x) { return `${x}` } constructor(x){ } }',
    ],
    [
      'istanbul',
      'class Foo { load(x = (cov_1().b[0][0]++, "pay(z) {}")) { cov_1().f[0]++; } pay(id, y = (cov_1().b[1][0]++, 1)) {} }',
    ],
  ])('reads the output of %s', (_, source) => {
    const type = classFrom(`((__name, _async) => ${source})(() => 1, (x) => x)`);
    const site = siteOf(type.prototype);
    expect(key('o:<id>', site, 'a')).toBe('o:a');
    expect(key('o:<id>', { ...site, method: new Proxy(site.method, {}) }, 'a')).toBe('o:a');
  });

  it('reads a class whose toString and name are its own', () => {
    const type = classFrom(
      'class { static name() {} static toString() { return "class { pay(x, id) {} }"; } pay(id) {} }',
    );
    const site = siteOf(type.prototype);
    expect(key('o:<id>', { ...site, method: new Proxy(site.method, {}) }, 'a')).toBe('o:a');
    expect(() => compileKey('o:<x>', site)).toThrow(/of \(anonymous\)\.pay has <x>/);
  });

  it('reads functions that belong to no class', () => {
    const target = Object.create(null) as object;
    const method = (id: string): string => id;
    expect(key('o:<id>', { target, property: 'pay', method, marked: new Map() }, 'a')).toBe('o:a');
  });

  it('says where, what and how to cure it', () => {
    const compile = (): unknown => compileKey('order:<orderId>', siteOf(Orders.prototype));
    expect(compile).toThrow(LockKeyError);
    expect(compile).toThrow(
      'Key template "order:<orderId>" of Orders.pay has <orderId>, but the parameters are (id, amount, ...tags). ' +
        "Mark the parameter with @LockKey('orderId'), write its position, as <0>, or use a function as key.",
    );
    expect(() => compileKey('o:<id>', siteOf(Orders.prototype, 'load'))).toThrow(/the parameters are \(\{\}, \{\}\)/);
    expect(() => compileKey('o:<x>', siteOf(Orders.prototype, Symbol.for('audit')))).toThrow(/Orders\.Symbol\(audit\)/);
  });

  it('says so when there are no names to be read', () => {
    const target = { constructor: undefined };
    const site: KeySite = { target, property: 'pay', method: evaluate('class {}'), marked: new Map() };
    expect(() => compileKey('o:<id>', site)).toThrow(/names of the parameters cannot be read/);
  });
});
