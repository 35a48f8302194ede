import { LockKeyError } from '../core/errors.js';
import type { Argument } from './argument.resolver.js';
import { UNFIT } from './part.encoder.js';

/**
 * The text of one part of a key, from the arguments of a call; not escaped yet.
 *
 * @throws LockKeyError when it is no plain value: it names the placeholder and the type, never the value
 */
export function readPart(args: readonly unknown[], argument: Argument): string {
  try {
    const start = argument.rest ? args.slice(argument.position) : args[argument.position];
    return toText(follow(start, argument), argument);
  } catch (error) {
    if (error instanceof LockKeyError) throw error;
    // The caller's own object: its getters and proxies may throw whatever they like.
    throw new LockKeyError(`Key part ${argument.text} could not be read.`, { cause: error });
  }
}

/** Own properties only: nothing that a prototype, which may be polluted, has to say gets into a key. */
function follow(start: unknown, { text, path }: Argument): unknown {
  let value = start;
  for (const segment of path) {
    if (value === undefined || value === null || !Object.hasOwn(value, segment)) {
      throw new LockKeyError(
        `Key part ${text} has no own property \`${segment}\`. For a getter of a class, use a function as key.`,
      );
    }
    value = (value as Record<string, unknown>)[segment];
  }
  return value;
}

function toText(value: unknown, { text }: Argument): string {
  const type = typeOf(value);
  if (!['string', 'number', 'bigint', 'boolean'].includes(type)) {
    throw new LockKeyError(
      `Key part ${text} must be a non-empty string, a finite number, a bigint or a boolean, but was ${type}.`,
    );
  }
  const part = String(value);
  if (UNFIT.test(part))
    throw new LockKeyError(`Key part ${text} holds a control character or half of a surrogate pair.`);
  return part;
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === '') return 'an empty string';
  if (typeof value === 'number' && !Number.isFinite(value)) return 'a number that is not finite';
  return Array.isArray(value) ? 'an array' : typeof value;
}
