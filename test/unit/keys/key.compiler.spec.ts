import { describe, expect, it } from '@jest/globals';
import { compileKey, type KeySite } from '../../../lib/keys/index.js';

class Accounts {
  transfer(from: string, to: string): string {
    return from + to;
  }
}

const site: KeySite = {
  target: Accounts.prototype,
  property: 'transfer',
  method: Accounts.prototype.transfer,
  marked: new Map(),
};

describe('compileKey', () => {
  it('puts the parts between the literals', () => {
    expect(compileKey('transfer:<from>/<to>!', site).resolve(['a', 'b'])).toBe('transfer:a/b!');
    expect(compileKey('<from>', site).resolve(['a'])).toBe('a');
    expect(compileKey('settle', site).resolve([])).toBe('settle');
  });

  it('escapes what could be taken for the template', () => {
    const compiled = compileKey('<from>:<to>', site);
    expect(compiled.resolve(['a:b', 'c'])).toBe('a%3Ab:c');
    expect(compiled.resolve(['a', 'b:c'])).toBe('a:b%3Ac');
    expect(compileKey('<from>-<to>', site).resolve(['a-b', -1])).toBe('a%2Db-%2D1');
  });

  it('keeps the template as label', () => {
    expect(compileKey('<from>:<to>', site).template).toBe('<from>:<to>');
  });

  it('names class, method and fault of a malformed template', () => {
    expect(() => compileKey('a<from><to>', site)).toThrow(
      'Key template "a<from><to>" of Accounts.transfer has two placeholders with nothing between them.',
    );
    expect(() => compileKey('a<from', site)).toThrow(/of Accounts\.transfer has a `<`/);
  });

  it('names the placeholder of a value that is unfit', () => {
    expect(() => compileKey('a:<from>:<to>', site).resolve(['a', {}])).toThrow(/^Key part <to> must be/);
  });
});
