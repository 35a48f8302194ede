import ms from 'ms';
import { LockOptionsError } from './errors.js';

type Unit =
  | ('ms' | 'millisecond' | 'milliseconds')
  | ('s' | 'sec' | 'secs' | 'second' | 'seconds')
  | ('m' | 'min' | 'mins' | 'minute' | 'minutes')
  | ('h' | 'hr' | 'hrs' | 'hour' | 'hours')
  | ('d' | 'day' | 'days');

/**
 * Milliseconds, or a literal with a unit as the package `ms` reads it: `'250ms'`, `'2s'`, `'1 minute'`. Spelt out here:
 * the type that comes with `ms` admits a number without a unit, and would have to be installed by every user.
 */
export type Duration = number | `${number}${Unit}` | `${number} ${Unit}`;

/** A duration from configuration, where TypeScript knows only `string`; checked when it is read. */
export type ConfiguredDuration = number | string;

export interface DurationBounds {
  readonly min?: number;
  readonly max?: number;
}

const UNIT = /[a-z]/i;

/**
 * Reads a duration.
 *
 * @returns milliseconds
 * @throws LockOptionsError naming `option`, when the value is no finite number in bounds, or a string without a unit
 */
export function parseDuration(option: string, value: unknown, bounds: DurationBounds = {}): number {
  const parsed = typeof value === 'string' ? parseText(option, value) : value;
  if (typeof parsed !== 'number' || !Number.isFinite(parsed)) {
    throw new LockOptionsError(
      option,
      `must be milliseconds or a string with a unit such as '2s', got ${show(value)}.`,
    );
  }
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = bounds;
  if (parsed < min || parsed > max) {
    throw new LockOptionsError(option, `must lie between ${ms(min)} and ${ms(max)}, got ${show(value)}.`);
  }
  return parsed;
}

function parseText(option: string, text: string): number | undefined {
  if (text.length > 100) throw new LockOptionsError(option, 'is no duration: it has more than 100 characters.');
  if (!UNIT.test(text)) {
    // 10 or 10 s? Nobody should have to guess.
    throw new LockOptionsError(option, `has no unit: write '${text}ms' or '${text}s', got ${show(text)}.`);
  }
  return ms(text as ms.StringValue);
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' || typeof value === 'bigint' || value == null) return String(value);
  return `a value of type ${typeof value}`;
}
