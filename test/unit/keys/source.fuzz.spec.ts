import { describe, expect, it } from '@jest/globals';
import * as nest from '@nestjs/core';
import * as microservices from '@nestjs/microservices';
import fc from 'fast-check';
import ioredis from 'ioredis';
import * as rxjs from 'rxjs';
import * as typeorm from 'typeorm';
import { findMember } from '../../../lib/keys/class.reader.js';
import { type Parameter, readParameters } from '../../../lib/keys/parameter.reader.js';
import { tokenize } from '../../../lib/keys/source.tokenizer.js';
import { evaluate, methodOf } from './evaluate.js';

const show = (parameters: readonly Parameter[] | undefined): string | undefined =>
  parameters?.map(({ name, rest }) => (rest ? '...' : '') + (name ?? '{}')).join();

const sourceOf = (value: unknown): string => Function.prototype.toString.call(value);

/** Expressions that hold what could be taken for parameters, methods, or the end of something. */
const expression = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(
      ...[
        '1',
        '.5',
        '1_000n',
        '0x1F',
        '1e-3',
        '"),{"',
        "'\\'('",
        '`)}`',
        '/[/)]\\/,"/g',
        '/=>{/',
        'this',
        'void 0',
        'x',
      ],
      ...['x++ / 2', '/* ), */ x', 'x // ),\n', 'typeof /[}]/', '{}.y', 'new.target', 'x\n/ 2 /\nx'].map(
        (e) => `(${e})`,
      ),
    ),
    fc
      .tuple(tie('value'), fc.constantFrom('+', '/', '?.[0] /', ',', '=== /[)"]/ ||', '\n'), tie('value'))
      .map(([a, mark, b]) => (mark === '\n' ? `(${a}\n, ${b})` : `(${a} ${mark} ${b})`)),
    tie('value').map((e) => `[${e}, ...[${e}]]`),
    tie('value').map((e) => `({ pay(x, y) { return ${e} }, get z() { if (${e}) /}/.test('') }, [${e}]: ${e} })`),
    tie('value').map((e) => `((id, { z } = ${e}) => ${e})`),
    tie('value').map((e) => `(async (id) => { await ${e}; for (;;) /[)]/.test(''); })`),
    tie('value').map((e) => '`${' + e + '}${`)${' + e + '}`}{`'),
    tie('value').map((e) => `(class { static pay(x) { ${e} } #pay = ${e}; [${e}](q) {} })`),
    tie('value').map((e) => `(function pay(x) { return ${e} / 2 })`),
  ),
})).value;

const name = fc.constantFrom('id', 'amount', '$', '_x', 'größe', 'async_', 'of', 'get', 'set', 'static_', 'from', 'x1');
const pattern = fc.constantFrom('{ a, b: [c] }', '[d, { e }]', '{}', '[]', '{ f = ")" }');
const gap = fc.constantFrom('', ' ', '\n', '/* (x, */', '// y) {\n', '\u2028');

/** A list of parameters and what is to be read from it. */
const list = fc
  .record({
    names: fc.uniqueArray(name, { maxLength: 4 }),
    holes: fc.array(fc.option(pattern), { minLength: 4, maxLength: 4 }),
    values: fc.array(fc.option(expression), { minLength: 4, maxLength: 4 }),
    gaps: fc.array(gap, { minLength: 4, maxLength: 4 }),
    rest: fc.boolean(),
  })
  .map(({ names, holes, values, gaps, rest }) => {
    const patterns = new Set<string>();
    const parameters = names.map((own, i) => {
      const hole = holes[i];
      const destructured = hole !== null && hole !== undefined && !patterns.has(hole);
      if (destructured) patterns.add(hole);
      const last = rest && i === names.length - 1;
      const value = values[i];
      const fallback = last || value === null || value === undefined ? '' : `${gaps[i] ?? ''} = ${value}`;
      return {
        source: `${gaps[i] ?? ''}${last ? '...' : ''}${destructured ? hole : own}${fallback}${gaps[i] ?? ''}`,
        shown: (last ? '...' : '') + (destructured ? '{}' : own),
      };
    });
    return { source: parameters.map((p) => p.source).join(), shown: parameters.map((p) => p.shown).join() };
  });

/** A member of a class, `NAME` where its name stands. */
const form = fc.constantFrom(
  ...['NAME(LIST) {BODY}', 'async NAME(LIST) {BODY}', '*NAME(LIST) {BODY}', 'async *NAME(LIST) {BODY}'],
  ...['NAME = (LIST) => {BODY}\n', 'NAME = (LIST) => VALUE;', 'NAME = async (LIST) => VALUE\n'],
  ...['NAME = function (LIST) {BODY};', 'NAME = async function* other(LIST) {BODY}\n'],
);
const noise = fc.constantFrom(
  ...['f1 = VALUE;', 'f2 = VALUE\n', 'static f3 = VALUE\n', '[VALUE] = VALUE\n', 'static { VALUE }', 'f4\n', ';'],
  ...['get g() {BODY}', 'set g(x) {BODY}', '#p(x) {BODY}', 'static #q = (id) => VALUE;', '"r s"(x) {BODY}'],
);

describe('sources of real functions', () => {
  it('give the names of their parameters, whatever the code around them', () => {
    fc.assert(
      fc.property(list, expression, form, (parameters, value, member) => {
        const source = sourceOf(methodOf(fill(member, parameters.source, value)));
        expect(show(readParameters(tokenize(source) ?? []))).toBe(parameters.shown);
      }),
      { numRuns: 1_000 },
    );
  });

  it('give them from the whole class too', () => {
    const members = fc.uniqueArray(fc.tuple(noise, expression), { maxLength: 4, selector: ([text]) => text });
    let read = 0;
    fc.assert(
      fc.property(list, expression, form, members, members, (parameters, value, member, before, after) => {
        const [head, tail] = [before, after].map((all) => all.map(([text, inner]) => fill(text, '', inner)).join(' '));
        const own = fill(member, parameters.source, value);
        const source = `class A extends (${value}, Object) { ${head ?? ''} ${own} other(x) {} ${tail ?? ''} }`;
        if (!compiles(source)) return;
        read++;
        expect(show(findMember(tokenize(source) ?? [], 'pay', false))).toBe(parameters.shown);
      }),
      { numRuns: 1_500 },
    );
    expect(read).toBeGreaterThan(500);
  });

  // Code that nobody wrote for this test. A method's own source is the easy case, the whole class the hard one.
  it('of the classes of large packages give the same from the method and from the class', () => {
    const classes = [nest, microservices, rxjs, typeorm, { ioredis }]
      .flatMap((module) => Object.values(module) as unknown[])
      .filter((value) => typeof value === 'function' && sourceOf(value).startsWith('class'));
    let methods = 0;
    for (const type of new Set(classes) as Set<{ prototype: object }>) {
      const tokens = tokenize(sourceOf(type)) ?? [];
      for (const [holder, isStatic] of [
        [type.prototype, false],
        [type, true],
      ] as const) {
        for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(holder))) {
          const source = typeof value === 'function' && key !== 'constructor' ? sourceOf(value) : '';
          if (!sourceOf(type).includes(source) || source === '' || source.startsWith('class')) continue;
          methods++;
          expect([key, show(findMember(tokens, key, isStatic))]).toEqual([
            key,
            show(readParameters(tokenize(source) ?? [])),
          ]);
        }
      }
    }
    expect(methods).toBeGreaterThan(1_000);
  });

  it('or anything else never crash the reader', () => {
    const pieces = fc.constantFrom(
      ...'(){}[]`"\'/*\\\n;=>.,#'.split(''),
      '${',
      '=>',
      'class A{',
      'pay',
      'static',
      '/*',
      '//',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        for (const source of [parts.join(''), `class {${parts.join('')}}`]) {
          const tokens = tokenize(source) ?? [];
          readParameters(tokens);
          findMember(tokens, 'pay', false);
        }
      }),
      { numRuns: 10_000 },
    );
  });
});

/** Members put together at random are not always a class: a field without `;` before `*pay() {}`, a private name twice. */
function compiles(source: string): boolean {
  try {
    return typeof evaluate(`function () { return ${source} }`) === 'function';
  } catch (error) {
    if ((error as Error).name === 'SyntaxError') return false;
    throw error;
  }
}

function fill(member: string, parameters: string, value: string): string {
  return member
    .replace('NAME', 'pay')
    .replace('LIST', () => parameters)
    .replace('BODY', ' if (0) /[}]/.test(VALUE); return VALUE ')
    .replaceAll('VALUE', () => value);
}
