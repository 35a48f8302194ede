import { LockKeyError, LockUsageError } from '../../../lib/core/index.js';
import { parseFencingToken } from '../../../lib/fencing/index.js';

const HOUR_US = 3_600_000_000n;

describe('parseFencingToken', () => {
  const plain = { storeKey: 'shop:order:42', backend: 'redis', token: '1767225600000000' };
  const read = { ...plain, token: 1767225600000000n };

  it.each([
    ['as it was sent', plain],
    ['as JSON', JSON.stringify(plain)],
    ['with a bigint', { ...plain, token: 1767225600000000n }],
    ['with a safe integer', { ...plain, token: 1767225600000000 }],
    ['with more beside it', { ...plain, key: 'order:42', state: 'held' }],
  ])('reads a token %s', (_how, value) => {
    expect(parseFencingToken(value)).toEqual(read);
  });

  it.each([undefined, null, 7, true, '', 'no json', '[]', '"text"', [], {}, () => plain])('refuses %p', (value) => {
    expect(() => parseFencingToken(value)).toThrow(expect.objectContaining({ code: expect.stringMatching(/^LOCK_/) }));
  });

  it.each([
    '0',
    '-1',
    '1.5',
    '1e3',
    '0x10',
    ' 1',
    '',
    '9223372036854775808',
    '99999999999999999999',
    0,
    -1,
    1.5,
    NaN,
    2 ** 53,
  ])('refuses the token %p', (token) => {
    expect(() => parseFencingToken({ ...plain, backend: 'zookeeper', token })).toThrow(LockUsageError);
  });

  it('refuses a token that lies more than an hour in the future: it would lock every later holder out', () => {
    const now = BigInt(Date.now()) * 1000n;
    const at = (token: bigint, backend = 'redis'): unknown => parseFencingToken({ ...plain, backend, token });
    expect(at(now + HOUR_US - 60_000_000n)).toBeDefined();
    expect(() => at(now + HOUR_US + 60_000_000n)).toThrow(/in the future/);
    expect(() => at(2n ** 63n - 1n)).toThrow(LockUsageError);
    // ZooKeeper's are transaction ids: they know no clock.
    expect(at(2n ** 63n - 1n, 'zookeeper')).toBeDefined();
    expect(() => at(2n ** 63n, 'zookeeper')).toThrow(LockUsageError);
  });

  it.each(['', 'a\nb', 'x'.repeat(513), '\ud800', 7, undefined, null, {}])('refuses the key %p', (storeKey) => {
    expect(() => parseFencingToken({ ...plain, storeKey })).toThrow(LockKeyError);
  });

  it.each(['', 'Redis', 'a b', "redis'--", 'x'.repeat(33), 7, undefined, null])('refuses the kind %p', (backend) => {
    expect(() => parseFencingToken({ ...plain, backend })).toThrow(LockUsageError);
  });
});
