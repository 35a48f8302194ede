/** A contestant and how it is set up. */
export interface Entrant {
  /** In `contestants/`, without extension. */
  readonly module: string;
  readonly retryMs: number;
  readonly handOver?: false | { readonly turns: number };
  /** How many connections it may have, where it takes a number. */
  readonly poolSize?: number;
}

export const OURS = 'nestjs-locked';
export const CONTROL = 'no-lock';

/** Ends the bench when a lock has broken its promise, or when the check overlooks that there is no lock. */
export function mustNotHappen(what: string, times: number, { module }: Entrant): void {
  if (module === CONTROL) {
    if (times === 0) throw new Error(`without a lock the check for "${what}" found nothing: it checks nothing`);
  } else if (times > 0) {
    throw new Error(`${module}: ${what}, ${times} times`);
  }
}

/** The same for what only we promise. */
export function weMustNot(what: string, times: number, entrant: Entrant): void {
  if (entrant.module.endsWith(OURS)) mustNotHappen(what, times, entrant);
}
