import { systemClock } from '../../../core/clock.js';

/** What one of those that were asked has said so far; `undefined`: nothing. */
export type Vote<T> = { readonly answer: T } | { readonly failure: unknown } | undefined;

export interface Poll<T, V> {
  /** A verdict as soon as no further vote can change it; always one when nobody is left to vote. */
  readonly judge: (votes: readonly Vote<T>[]) => V | undefined;
  /** When silence counts as a failure, in monotonic ms. */
  readonly until: number;
  /** What silence means. */
  readonly silence: (index: number) => unknown;
  /** Once so many have answered and nothing is decided, the others are not waited for much longer. */
  readonly hurryAfter?: number;
}

/** Least time that is left to the slow. */
const GRACE_MS = 25;

/** Ends when the outcome is decided, whoever has not answered by then. */
export function poll<T, V>(
  asked: readonly Promise<T>[],
  { judge, until, silence, hurryAfter = Infinity }: Poll<T, V>,
): Promise<{ verdict: V; votes: readonly Vote<T>[] }> {
  const began = performance.now();
  const votes = asked.map((): Vote<T> => undefined);
  return new Promise((resolve, reject) => {
    let timer = systemClock.setTimer(giveUpOnTheSilent, until - began);
    let isHurried = false;

    asked.forEach((vote, index) => {
      vote.then(
        (answer) => {
          cast(index, { answer });
        },
        (failure: unknown) => {
          cast(index, { failure });
        },
      );
    });

    function cast(index: number, vote: Vote<T>): void {
      votes[index] ??= vote;
      if (conclude() || isHurried || votes.filter(answered).length < hurryAfter) return;
      isHurried = true;
      timer.cancel();
      const now = performance.now();
      timer = systemClock.setTimer(giveUpOnTheSilent, Math.min(until - now, Math.max(GRACE_MS, 2 * (now - began))));
    }

    function giveUpOnTheSilent(): void {
      votes.forEach((vote, index) => (votes[index] = vote ?? { failure: silence(index) }));
      conclude();
    }

    function conclude(): boolean {
      try {
        const verdict = judge(votes);
        if (verdict === undefined) return false;
        resolve({ verdict, votes: [...votes] });
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
      timer.cancel();
      return true;
    }
  });
}

export function answered<T>(vote: Vote<T>): vote is { readonly answer: T } {
  return vote !== undefined && 'answer' in vote;
}

export function failed<T>(vote: Vote<T>): vote is { readonly failure: unknown } {
  return vote !== undefined && 'failure' in vote;
}
