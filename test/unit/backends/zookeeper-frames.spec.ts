import { Frames } from '../../../lib/backends/zookeeper/frames.js';

function message(text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(4);
  head.writeInt32BE(body.length);
  return Buffer.concat([head, body]);
}

describe('messages of a stream', () => {
  const messages = ['first', '', 'third one'].map(message);
  const stream = Buffer.concat(messages);

  it('are told whole, wherever the stream is cut in two', () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      const frames = new Frames();
      const told = [stream.subarray(0, cut), stream.subarray(cut)].flatMap((chunk) => [...frames.add(chunk)]);
      expect(told).toEqual(messages);
    }
  });

  it('are told whole when they come byte by byte', () => {
    const frames = new Frames();
    expect([...stream].flatMap((byte) => [...frames.add(Buffer.of(byte))])).toEqual(messages);
  });

  it.each([-1, 2 ** 26 + 1])('a length of %i makes no sense', (length) => {
    const head = Buffer.alloc(4);
    head.writeInt32BE(length);
    expect(() => [...new Frames().add(head)]).toThrow('no message of ZooKeeper');
  });
});
