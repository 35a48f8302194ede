import type { LockKeyError } from '../core/errors.js';

/** Control characters (C0, DEL, C1) and lone surrogates: stores refuse them or do not keep them apart. */
export const UNFIT = /[\p{Cc}\p{Cs}]/u;

/** What %XX itself is written with. */
const ESCAPE_ALPHABET = /[%0-9A-F]/;

/**
 * Makes the function that writes a value into a key: `%`, `:`, `{`, `}` and this template's delimiters become the %XX
 * of their UTF-8 bytes.
 *
 * A delimiter is the first character, of each literal between two placeholders, that %XX is not written with. So two
 * different lists of values never give one key. Be L0 e(v1) L1 e(v2) … Ln such a key, L1 = p c q with the delimiter c:
 * neither e(v1) (c is escaped, and no escape contains it) nor p (by choice of c) contains c. Hence, after L0, the first
 * c of the key ends e(v1) p; p is of fixed length, which gives e(v1); and L1 is fixed, so that the rest can be read in
 * the same way up to the last value, which ends where Ln begins. e itself can be undone, because `%` is always escaped.
 */
export function partEncoder(
  literals: readonly string[],
  refuse: (fault: string) => LockKeyError,
): (text: string) => string {
  const delimiters = literals.slice(1, -1).map((literal) => {
    if (literal === '') throw refuse('has two placeholders with nothing between them. Put `:` there.');
    const delimiter = Array.from(literal).find((char) => !ESCAPE_ALPHABET.test(char));
    if (delimiter !== undefined) return delimiter;
    // `<a>%<b>` of 'x%', '3A' and of 'x', '25:' would both be x%25%3A.
    throw refuse(
      `has only \`${literal}\` between two placeholders, which escaped values contain too. Put \`:\` there.`,
    );
  });
  const codePoints = ['%', ':', '{', '}', ...delimiters].map(
    (char) => `\\u{${char.codePointAt(0)?.toString(16) ?? ''}}`,
  );
  const special = new RegExp(`[${codePoints.join('')}]`, 'gu');
  return (text) => text.replace(special, percentEncode);
}

// Always two digits: control characters, the only bytes with one, got refused before.
function percentEncode(char: string): string {
  const bytes = [...new TextEncoder().encode(char)];
  return bytes.map((byte) => `%${byte.toString(16).toUpperCase()}`).join('');
}
