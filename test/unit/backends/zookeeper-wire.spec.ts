import { idAfter } from '../../../lib/backends/zookeeper/exchange.js';
import { Answer, bytes, CREATOR, flag, int, node, numbered, request } from '../../../lib/backends/zookeeper/wire.js';
import { answerTo } from '../../support/zookeeper-messages.js';

const answer = (body: Buffer): Answer => new Answer(answerTo(7, { body }));

describe('requests', () => {
  it('say their length, number and kind, and then what they are about', () => {
    expect(numbered(request('getChildren', '/ab', flag(true)), 258).toString('hex')).toBe(
      ['00000010', '00000102', '0000000c', '00000003', '2f6162', '01'].join(''),
    );
    expect(numbered(request('closeSession'), 1).toString('hex')).toBe(['00000008', '00000001', 'fffffff5'].join(''));
  });

  it('to make a node say its data, who may touch it, and which kind of node it is', () => {
    expect(node(Buffer.from('me'), CREATOR, 'EPHEMERAL_SEQUENTIAL').toString('hex')).toBe(
      ['00000002', '6d65', '00000001', '0000001f', '00000004', '61757468', '00000000', '00000003'].join(''),
    );
  });

  it('are numbered from one on again when the numbers end', () => {
    expect([0, 1, 2 ** 31 - 2, 2 ** 31 - 1].map(idAfter)).toEqual([1, 2, 2 ** 31 - 1, 1]);
  });
});

describe('answers', () => {
  it('tell which request they answer, the transaction, and the error', () => {
    const { id, zxid, code } = new Answer(answerTo(2 ** 31 - 1, { zxid: 2n ** 62n + 1n, error: -101 }));
    expect({ id, zxid, code }).toEqual({ id: 2 ** 31 - 1, zxid: 2n ** 62n + 1n, code: -101 });
  });

  it('are read from their beginning to their end', () => {
    const texts = answer(Buffer.concat([int(3), bytes('a'), bytes(''), bytes('ö')]));
    expect(texts.texts()).toEqual(['a', '', 'ö']);
    const { kind, path } = answer(Buffer.concat([int(2), int(3), bytes('/a')])).event();
    expect({ kind, path }).toEqual({ kind: 2, path: '/a' });
  });

  it('about a node tell the transaction that made it and the session that it goes with', () => {
    const stat = Buffer.alloc(68);
    stat.writeBigInt64BE(5n, 0);
    stat.write('0102030405060708', 44, 'hex');
    expect(answer(stat).stat()).toEqual({ czxid: 5n, session: Buffer.from('0102030405060708', 'hex') });
  });

  it('that end too early are an error, and nothing that was made up', () => {
    expect(() => answer(Buffer.concat([int(1), int(5)])).texts()).toThrow(RangeError);
    expect(() => answer(int(1)).event()).toThrow(RangeError);
    expect(() => answer(Buffer.alloc(40)).stat()).toThrow(RangeError);
  });
});
