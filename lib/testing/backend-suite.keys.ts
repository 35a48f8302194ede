/** Keys that some store, collation, encoding or language takes for another key, or for no key at all. */
export const HOSTILE_KEYS: readonly string[] = [
  // Letters a collation may fold: case, accents, width, ligatures, composed or not.
  ...[
    'order',
    'Order',
    'ORDER',
    'örder',
    'o\u0308rder',
    'ｏｒｄｅｒ',
    'straße',
    'strasse',
    'ﬁ',
    'fi',
    'ı',
    'i',
    'I',
    'İ',
  ],
  // Blanks a column may trim or pad, and characters nobody sees.
  ...[
    'a',
    'a ',
    'a  ',
    ' a',
    ' ',
    '  ',
    'a\u00a0',
    'a\u3000',
    'a\u200b',
    'a\u2028',
    '\ufeffa',
    '\u202ea',
    'a\u0301\u0301',
  ],
  // Beyond two bytes in UTF-16, joined and bare.
  ...['👩', '👩\u200d👩\u200d👧', '👩👩👧', '💩', '\ufffd', '\u{10ffff}'],
  // What a column without a type takes for a number.
  ...['1', '01', '1.0', '1e0', '+1', '-1', '0', '-0', 'NaN', 'null', 'NULL', 'undefined', 'true', '9007199254740993'],
  // Paths.
  ...['.', '..', '/', '//', 'p/q', 'p//q', 'p/../q', 'q', 'p%2Fq', 'p%2fq', '%', '%2e%2e', '~', 'C:\\p'],
  // Separators, cluster tags, globs, LIKE.
  ...[':', '::', 'p:', ':p', 'p:q', '{', '}', '{}', '{p}', '{p}{q}', '*', 'p*', '?', '[a-z]', '_', 'p_q', '\\', '\\*'],
  // SQL, Lua, shell, RESP, templates.
  ...["'", "''", '"', '`', "'; DROP TABLE locks; --", "' OR '1'='1", '$1', ':name', '?1', '@p', '/*', '--', '#', ';'],
  ...["redis.call('flushall')", ']]', '$(id)', '`id`', '*3', '$3', '<id>', '${id}', '{{id}}'],
  // Names of JavaScript's own.
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'error', 'length'],
  // At the limit of 512 bytes, different only at its end.
  ...['x'.repeat(512), `${'x'.repeat(511)}y`, 'x'.repeat(511), '€'.repeat(170), '💩'.repeat(128)],
];
