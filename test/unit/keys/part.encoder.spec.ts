import { describe, expect, it } from '@jest/globals';
import { LockKeyError } from '../../../lib/core/errors.js';
import { partEncoder } from '../../../lib/keys/part.encoder.js';

const refuse = (fault: string): LockKeyError => new LockKeyError(fault);
const encoderFor = (...literals: string[]): ((text: string) => string) => partEncoder(literals, refuse);

describe('partEncoder', () => {
  it('escapes %, :, { and } everywhere', () => {
    expect(encoderFor('a', '')('50%:{x}')).toBe('50%25%3A%7Bx%7D');
    expect(encoderFor('a', '')('plain-text_1.5/é')).toBe('plain-text_1.5/é');
  });

  it('escapes the delimiters of its template, and only those', () => {
    const encode = encoderFor('', '-', '/x', '|');
    expect(encode('a-b/c|d.e')).toBe('a%2Db%2Fc|d.e');
  });

  it('writes the bytes of UTF-8, also for a delimiter beyond the basic plane', () => {
    expect(encoderFor('', '€', '')('1€')).toBe('1%E2%82%AC');
    expect(encoderFor('', '🔒', '')('a🔒b🔑')).toBe('a%F0%9F%94%92b🔑');
  });

  it('takes delimiters that mean something in a regular expression', () => {
    for (const delimiter of ['^', ']', '\\', '-', '.', '$', '[', '*']) {
      expect(encoderFor('', delimiter, '')(`a${delimiter}b`)).toMatch(/^a%[0-9A-F]{2}b$/);
    }
    expect(encoderFor('', ']', '^', '-', '')('abc')).toBe('abc');
  });

  it('passes over characters that escapes are written with', () => {
    expect(encoderFor('', '%0A-', '')('%0A-')).toBe('%250A%2D');
  });

  it('refuses separators in which two values could not be told apart', () => {
    expect(() => encoderFor('', '', '')).toThrow(/nothing between/);
    for (const separator of ['%', '0', 'CAFE', '%3A']) {
      expect(() => encoderFor('', separator, '')).toThrow(LockKeyError);
      expect(() => encoderFor('', separator, '')).toThrow(/between two placeholders/);
    }
  });

  // Every pair of short texts over the characters that could confuse the separator with an escape or with a value.
  it.each(['-', ':', '%-', '-%', '3A-', 'D2-2D', '25:', '%2', 'A', '::', 'a', '}{', '%3A:'])(
    'gives different pairs different keys around %j',
    (separator) => {
      let encode: (text: string) => string;
      try {
        encode = encoderFor('', separator, '');
      } catch (error) {
        expect(error).toBeInstanceOf(LockKeyError);
        return;
      }
      const texts = textsUpTo(3, ['%', '2', '5', ...Array.from(separator)]);
      const encoded = texts.map(encode);
      const keys = new Set(encoded.flatMap((left) => encoded.map((right) => left + separator + right)));
      expect(keys.size).toBe(texts.length ** 2);
    },
  );
});

function textsUpTo(length: number, alphabet: readonly string[]): string[] {
  const chars = [...new Set(alphabet)];
  let last = [''];
  const all: string[] = [];
  for (let size = 1; size <= length; size++) {
    last = last.flatMap((text) => chars.map((char) => text + char));
    all.push(...last);
  }
  return all;
}
