import { describe, expect, it } from '@jest/globals';
import { tokenize } from '../../../lib/keys/source.tokenizer.js';
import { evaluate } from './evaluate.js';

const texts = (source: string): string[] | undefined => tokenize(source)?.map((token) => token.text);

describe('tokenize', () => {
  it('cuts words, strings, numbers and marks, and leaves out comments and blanks', () => {
    expect(texts('a /* b ( */ => #c\u00a0+ "d)" // e {\n ...$f_é, 1_0.5e3')).toEqual([
      'a',
      '=>',
      '#c',
      '+',
      '"d)"',
      '...',
      '$f_é',
      ',',
      '1_0.5e3',
    ]);
  });

  it('knows partners', () => {
    const tokens = tokenize('f([{}], `a${b}c`)') ?? [];
    const opening = tokens.filter((token, index) => token.close !== index);
    expect(opening.map((token) => token.text + (tokens[token.close]?.text ?? ''))).toEqual([
      '()',
      '[]',
      '{}',
      '``',
      '${}',
    ]);
  });

  it('knows where a line ended, also in a comment', () => {
    const tokens = tokenize('a /*\n*/ b c // x\n d\u2028e') ?? [];
    expect(tokens.filter((token) => token.newline).map((token) => token.text)).toEqual(['b', 'd', 'e']);
  });

  // Each holds brackets in what must not be read as code; it is a real function, so it must balance.
  it.each([
    String.raw`function () { return '(' + "{" + '\'[' + "\"(" + '\\'; }`,
    String.raw`function () { return /[(/]\{/.test('') ? /\/\(/ : /(?:"|'|\`)/; }`,
    'function (a, b) { return a / 2 / b; }',
    'function (a) { return (a) / 2 + "/(" + a[0] / 1; }',
    'function (a) { if (a) /[(]/.test(a); while (a) /[(]/.test(a); for (;;) /[(]/.test(a); }',
    'async function (a) { for await (const x of a) /[(]/.test(x); for (const x of /[(]/[Symbol.matchAll](a)) a; }',
    'function (a) { a.if(1) / (2 / 1); return a.return / (2 / 1); }',
    'function (a) { a++ / 2; "(" / a-- / 1; return typeof /[(]/; }',
    'function (a) { {} /[(]/.test(a); return { a }.a / (2 / 1); }',
    'function (a) { do /[(]/.test(a); while (a) ; if (a) {} else /[(]/.test(a) }',
    'function (a) { return `${a ? `(${"`("}` : { b: `}` }.b}(\\`\\${(`; }',
    'function (a) { return a /* ( */ / /* { */ 2 // (\n }',
    'function (a) { return [/[(]/, a => /[(]/, !/[(]/, a ? /[(]/ : /[(]/, { a: /[(]/ }]; }',
    'function (a) { label: { break label } /[(]/.test(a); switch (a) { case /[(]/: default: /[(]/.test(a) } }',
    'function (a) { return a\n/ (2 / 1) }',
    'function (a) { return a?.in / (2 / 1) }',
    'function (a) { return 1. / 2 + .5 / (2 / 1) }',
    'class { #a = 1; b() { return #a in this; } }',
    'class { static { /[(]/.test("") } "(" = /[\\)]/v }',
  ])('reads %s', (source) => {
    evaluate(source);
    expect(tokenize(source)?.at(-1)?.close).toBe((tokenize(source)?.length ?? 0) - 1);
    expect(tokenize(source)?.at(-1)?.text).toBe('}');
  });

  it.each(['(', ')', '(]', '{)', '`', '`${', '`${)`', "'", '"a\\', '/* ', '/a', '/[/]', '/a\n/', '}', '`${`}`'])(
    'gives up on %j',
    (source) => {
      expect(tokenize(source)).toBeUndefined();
    },
  );

  it('needs no stack for deep nesting', () => {
    const deep = 200_000;
    expect(tokenize('('.repeat(deep) + ')'.repeat(deep))).toHaveLength(2 * deep);
    expect(tokenize('`${'.repeat(deep) + '}`'.repeat(deep))).toHaveLength(4 * deep);
    expect(tokenize(`"${'\\"'.repeat(deep)}"`)).toHaveLength(1);
  });
});
