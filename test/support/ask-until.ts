import { setTimeout as pause } from 'node:timers/promises';

/** Between two questions: for what tells nobody when it has come to pass. */
const PAUSE_MS = 10;

/**
 * Asks until the answer is yes.
 * @throws Error that says what has not come to pass, with the last failure to ask as its cause
 */
export async function askUntil(what: string, ask: () => Promise<boolean>, withinMs = 20_000): Promise<void> {
  const end = performance.now() + withinMs;
  let cause: unknown;
  while (performance.now() < end) {
    try {
      if (await ask()) return;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await pause(PAUSE_MS);
  }
  throw new Error(`Not within ${withinMs} ms: ${what}`, { cause });
}
