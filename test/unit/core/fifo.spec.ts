import fc from 'fast-check';
import { Fifo, type FifoEntry } from '../../../lib/core/fifo.js';

class Entry implements FifoEntry<Entry> {
  ahead: Entry | undefined = undefined;
  behind: Entry | undefined = undefined;
}

test('a queue that anybody may leave is a list from which they are deleted', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(), { nil: undefined }), { maxLength: 60 }), (steps) => {
      const fifo = new Fifo<Entry>();
      const model: Entry[] = [];
      for (const leaving of steps) {
        if (leaving === undefined || model.length === 0) {
          const entry = new Entry();
          fifo.push(entry);
          model.push(entry);
        } else {
          fifo.remove(model.splice(leaving % model.length, 1)[0]!);
        }
        expect([fifo.size, fifo.head]).toEqual([model.length, model[0]]);
      }
      expect([...fifo].every((entry, i) => entry === model[i])).toBe(true);
      for (const entry of fifo) fifo.remove(entry);
      expect([fifo.size, fifo.head]).toEqual([0, undefined]);
    }),
  );
});
