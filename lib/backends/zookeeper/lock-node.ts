import { component } from './nodes.js';

/*
 * Names as Curator's InterProcessMutex gives them, so that its locks and ours exclude each other on one path:
 * `_c_<id>-lock-<number>`. Holder is who has the lowest number of all children, whatever they are called before it.
 */

const KIND = 'lock-';

/** To which the server appends the number. */
export function namePrefix(owner: string): string {
  return `_c_${component(owner)}-${KIND}`;
}

export function isOf(owner: string, name: string): boolean {
  return name.startsWith(`_c_${component(owner)}-`);
}

/** What children are ordered by: the text after the last `lock-`; the whole name of what has none. */
function rank(name: string): string {
  return name.slice(name.lastIndexOf(KIND) + (name.includes(KIND) ? KIND.length : 1));
}

export function sequenceOf(name: string): number {
  return Number(rank(name));
}

/** Who stands before `own`. */
export interface Ahead {
  /** How many. */
  readonly count: number;
  /** The last of them. */
  readonly last: string | undefined;
}

export function aheadOf(own: string, children: readonly string[]): Ahead {
  const ownRank = rank(own);
  let count = 0;
  let last: string | undefined;
  let lastRank = '';
  for (const child of children) {
    const childRank = rank(child);
    if (child === own || childRank >= ownRank) continue;
    count++;
    if (last !== undefined && childRank <= lastRank) continue;
    last = child;
    lastRank = childRank;
  }
  return { count, last };
}
