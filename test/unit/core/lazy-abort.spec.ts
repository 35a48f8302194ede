import { LazyAbort } from '../../../lib/core/lazy-abort.js';

describe('LazyAbort', () => {
  test('a signal that is asked for before and one asked for after the abort are the same, and aborted', () => {
    const early = new LazyAbort();
    const { signal } = early;
    let heard = 0;
    signal.addEventListener('abort', () => heard++);
    early.abort();
    expect([early.aborted, early.signal === signal, signal.aborted, heard]).toEqual([true, true, true, 1]);
    const late = new LazyAbort();
    expect(late.aborted).toBe(false);
    late.abort();
    expect([late.aborted, late.signal.aborted]).toEqual([true, true]);
  });
});
