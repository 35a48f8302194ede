import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LockKeyError } from '../../../lib/core/errors.js';
import { compileKey, type CompiledKey, type KeySite } from '../../../lib/keys/index.js';

/** What is hard to keep apart: paths, escapes, separators, brackets, controls, broken and look-alike Unicode, code. */
const HOSTILE = [
  ...['', ' ', '.', '..', '/', 'a/../b', 'a//b', '%2e%2e', '%', '%%', '%25', '%2', '%3A', '25', '3A', 'a ', ' a'],
  ...['\0', '\x01', '\x1f', '\x7f', '\x85', '\r\n', '\u2028', '\u202e', '\ufeff', '\u200d'],
  ...['\ud800', '\udc00', '\udc00\ud800', '\ud83d\ude00', '👨‍👩‍👧'],
  ...['é', 'e\u0301', 'Ａ', 'A', 'a', 'ß', 'SS', 'İ', '\u0300'.repeat(500)],
  ...['{', '}', '{}', '{a}{b}', ':', '::', ':a', 'a:', '-', '--', '_', '|', '<', '>', '<0>', '*', '?', '[a-z]', '\\'],
  ...['*1\r\n$8\r\nFLUSHALL\r\n', "' OR 1=1 --", '";', ']] os.exit() --[[', '$(id)', '${0}', '`'],
  ...['__proto__', 'constructor', 'prototype', 'undefined', 'null', 'NaN', '[object Object]', 'toString'],
];

const fragment = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...HOSTILE) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
  {
    weight: 2,
    arbitrary: fc.string({ unit: fc.constantFrom('a', '%', '2', '5', '3', 'A', ':', '-', '{', '}'), maxLength: 6 }),
  },
);
const text = fc.array(fragment, { maxLength: 3 }).map((parts) => parts.join(''));
const plain = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 1, arbitrary: fc.oneof(fc.double(), fc.bigInt(), fc.boolean(), fc.integer()) },
);
const anything = fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, withSparseArray: true });

const site: KeySite = { target: {}, property: 'pay', method: () => undefined, marked: new Map() };

/** What `work` gives, or undefined where it refuses its input in the only permitted way. */
function orRefused<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof LockKeyError) return undefined;
    throw error;
  }
}

const compiled = (literals: readonly string[]): CompiledKey | undefined =>
  orRefused(() =>
    compileKey(
      literals.reduce((template, literal, i) => `${template}<${i - 1}>${literal}`),
      site,
    ),
  );

describe('any template and any values', () => {
  it('never give two lists of values one key', () => {
    let compared = 0;
    fc.assert(
      fc.property(
        fc.array(text, { minLength: 2, maxLength: 5 }),
        fc.array(plain, { minLength: 4, maxLength: 4 }),
        fc.array(fc.nat(30), { minLength: 3, maxLength: 3 }),
        (literals, values, cuts) => {
          const template = compiled(literals);
          const own = values.slice(0, literals.length - 1);
          const key = orRefused(() => template?.resolve(own));
          if (template === undefined || key === undefined) return;
          for (const other of [...lookAlikes(literals, own.map(String), cuts), values.slice(-own.length)]) {
            const otherKey = orRefused(() => template.resolve(other));
            if (otherKey === undefined) continue;
            compared++;
            expect(otherKey === key).toBe(other.map(String).join('\0') === own.map(String).join('\0'));
          }
        },
      ),
      { numRuns: 10_000 },
    );
    expect(compared).toBeGreaterThan(5_000);
  });

  it('are accepted, or refused with a LockKeyError', () => {
    fc.assert(
      fc.property(text, fc.array(fragment), fc.array(anything, { maxLength: 4 }), (first, path, values) => {
        orRefused(() => compileKey(first, site).resolve(values));
        orRefused(() => compileKey(`k:<${['0', ...path].join('.')}>`, site).resolve(values));
      }),
      { numRuns: 10_000 },
    );
  });

  it('give keys that are well-formed, without control characters', () => {
    fc.assert(
      fc.property(fc.array(plain, { minLength: 2, maxLength: 2 }), (values) => {
        const key = orRefused(() => compileKey('a:<0>-<1>', site).resolve(values));
        expect(key ?? '').not.toMatch(/[\p{Cc}\p{Cs}]/u);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** Other lists that look the same once they are joined: cut elsewhere, escaped beforehand, or unescaped. */
function lookAlikes(literals: readonly string[], values: readonly string[], cuts: readonly number[]): string[][] {
  const joined = values.reduce((whole, value, i) => whole + (i === 0 ? '' : (literals[i] ?? '')) + value, '');
  const escaped = values.map((value) => encodeURIComponent(value.toWellFormed()));
  return [
    split(joined, values.length, cuts, literals),
    split(escaped.join(literals[1] ?? ''), values.length, cuts, literals),
    escaped,
    values.map((value) => value.replaceAll('%25', '%').replaceAll('%3A', ':').replaceAll('%2D', '-')),
  ];
}

/** Cuts `whole` at other places where the separators stand in it. */
function split(whole: string, parts: number, cuts: readonly number[], literals: readonly string[]): string[] {
  const result: string[] = [];
  let rest = whole;
  for (let part = 1; part < parts; part++) {
    const separator = literals[part] ?? '';
    const pieces = rest.split(separator);
    const taken = 1 + ((cuts[part - 1] ?? 0) % pieces.length);
    result.push(pieces.slice(0, taken).join(separator));
    rest = pieces.slice(taken).join(separator);
  }
  return [...result, rest];
}
