import { describe, expect, it } from '@jest/globals';
import { LockKeyError } from '../../../lib/core/errors.js';
import { parseTemplate } from '../../../lib/keys/template.parser.js';

const refuse = (fault: string): LockKeyError => new LockKeyError(fault);
const parse = (template: string): ReturnType<typeof parseTemplate> => parseTemplate(template, refuse);

describe('parseTemplate', () => {
  it('reads literals and placeholders in turn', () => {
    expect(parse('order:<id>:<dto.items.0>!')).toEqual({
      literals: ['order:', ':', '!'],
      placeholders: [
        { text: '<id>', name: 'id', path: [] },
        { text: '<dto.items.0>', name: 'dto', path: ['items', '0'] },
      ],
    });
  });

  it('takes a template without placeholders, and one that is nothing else', () => {
    expect(parse('cron:settle')).toEqual({ literals: ['cron:settle'], placeholders: [] });
    expect(parse('<0>').literals).toEqual(['', '']);
  });

  it.each([
    ['', /is empty/],
    ['order:<id', /`<` without its `>`/],
    ['order:<a<b>', /`<` without its `>`/],
    ['order:id>', /`>` without its `<`/],
    ['order:<a>>', /`>` without its `<`/],
    ['order:<>', /malformed placeholder <>/],
    ['order:< id>', /malformed/],
    ['order:<a b>', /malformed/],
    ['order:<.id>', /malformed/],
    ['order:<dto.>', /malformed/],
    ['order:<dto..id>', /malformed/],
    ['order:<dto.__proto__>', /reads `__proto__` in <dto.__proto__>/],
    ['order:<dto.constructor.name>', /reads `constructor`/],
    ['order:<dto.a.prototype>', /reads `prototype`/],
    ['order:\n<id>', /control character/],
    ['order:\u0085<id>', /control character/],
    ['order:\ud800<id>', /surrogate/],
  ])('refuses %j', (template, message) => {
    expect(() => parse(template)).toThrow(LockKeyError);
    expect(() => parse(template)).toThrow(message);
  });

  it('lets a parameter, other than a path, have the name of a forbidden property', () => {
    expect(parse('race:<constructor>').placeholders[0]?.name).toBe('constructor');
  });
});
