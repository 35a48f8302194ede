import { aheadOf, isOf, namePrefix, sequenceOf } from '../../../lib/backends/zookeeper/lock-node.js';
import { component } from '../../../lib/backends/zookeeper/nodes.js';
import { LockParent } from '../../../lib/backends/zookeeper/parent.js';

describe('keys as one component of a path', () => {
  it.each([
    ['order:42', 'order:42'],
    ['a/b', 'a%2Fb'],
    ['50%', '50%25'],
    ['ä ', '%C3%A4%20'],
    ['.', '%2E'],
    ['..', '%2E%2E'],
    ['...', '...'],
    ['𝄞', '%F0%9D%84%9E'],
  ])('%j is %j', (key, name) => {
    expect(component(key)).toBe(name);
    expect(decodeURIComponent(component(key))).toBe(key);
  });
});

describe('names of lock nodes', () => {
  it('are those of Curator, and bear their owner', () => {
    const name = `${namePrefix('me')}0000000007`;
    expect(name).toBe('_c_me-lock-0000000007');
    expect(sequenceOf(name)).toBe(7);
    expect(isOf('me', name)).toBe(true);
    expect(isOf('m', name)).toBe(false);
  });

  it('are ordered by number, whatever stands before it', () => {
    const children = [
      '_c_zz-lock-0000000003',
      '_c_aa-lock-0000000009',
      'lock-0000000001',
      '0f__lock__-lock-0000000005',
    ];
    expect(aheadOf('_c_aa-lock-0000000009', children)).toEqual({ count: 3, last: '0f__lock__-lock-0000000005' });
    expect(aheadOf('_c_zz-lock-0000000003', children)).toEqual({ count: 1, last: 'lock-0000000001' });
    expect(aheadOf('lock-0000000001', children)).toEqual({ count: 0, last: undefined });
  });

  it('that are numbered beyond the highest number, or below zero, as the server does after its last, are worn out', () => {
    const parent = new LockParent('/locks/k', { pathOf: (key) => key, containers: true, highestSequence: 7 });
    expect(
      ['0000000007', '0000000008', '2147483647', '-2147483648'].map((n) => parent.isWornOut(`_c_a-lock-${n}`)),
    ).toEqual([false, true, true, true]);
  });

  it('an owner whose name looks like a number of the queue has its own rank all the same', () => {
    const mine = `${namePrefix('a-lock-9')}0000000002`;
    expect(sequenceOf(mine)).toBe(2);
    expect(aheadOf(mine, [mine, '_c_b-lock-0000000003'])).toEqual({ count: 0, last: undefined });
  });
});
