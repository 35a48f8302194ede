/*
 * The rule of a row, the same on every engine:
 *   acquire  first = max(last + 1, clock in µs), last = first + turns − 1; the same owner gets the same block again
 *   release  last = min(last, first + used − 1), so that tokens do not outrun the clock
 *   free     expires_at = 0, or in the past
 */

/** A row idle for so long is forgotten: its last token lies so far behind the clock that the next is larger. */
export const IDLE_MS = 24 * 60 * 60 * 1000;
/** Rows that one purge looks at. */
export const SLICE = 200;
/**
 * How long a word of waiting outlives the release that answered it: the others who waited need a moment to leave theirs
 * again, and a release in between would pass them over. Longer, and who waits no more would slow the last holder down.
 */
export const ECHO_MS = 10;
