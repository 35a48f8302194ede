import { setImmediate } from 'node:timers/promises';
import type { Contestant } from '../support/contestant.js';

/** The control: every check must catch it. All who ask in one turn of the event loop go inside together. */
export function open(): Contestant {
  let turn: Promise<unknown> | undefined;
  return {
    acquire: async () => {
      turn ??= setImmediate().finally(() => {
        turn = undefined;
      });
      await turn;
      return () => Promise.resolve(true);
    },
    close: () => Promise.resolve(),
  };
}
