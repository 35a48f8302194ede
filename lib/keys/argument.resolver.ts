import type { LockKeyError } from '../core/errors.js';
import { classOf, isStatic, type KeySite } from './key.site.js';
import { findMember } from './class.reader.js';
import { type Parameter, readParameters } from './parameter.reader.js';
import { tokenize } from './source.tokenizer.js';
import type { Placeholder } from './template.parser.js';

/** Where a placeholder's value stands in the arguments of a call. */
export interface Argument extends Placeholder {
  readonly position: number;
  /** It stands for all the arguments from `position` on. */
  readonly rest: boolean;
}

const POSITION = /^(?:0|[1-9]\d*)$/;

/** Marks first, then positions, then the names of the parameters in the source. */
export function resolveArgument(
  placeholder: Placeholder,
  site: KeySite,
  refuse: (fault: string) => LockKeyError,
): Argument {
  const { name, path, text } = placeholder;
  const marked = site.marked.get(name);
  if (marked !== undefined) return { ...placeholder, position: marked, rest: false };
  if (POSITION.test(name)) return { ...placeholder, position: Number(name), rest: false };
  const parameters = declaredParameters(site, name);
  const position = parameters?.findIndex((parameter) => parameter.name === name) ?? -1;
  const found = parameters?.[position];
  if (found === undefined) throw refuse(`has ${text}, ${whyUnknown(parameters)} ${cure(name)}`);
  if (found.rest && path.length === 0) {
    throw refuse(`has ${text}, which is a list. Take one of it, as <${name}.0>, or use a function as key.`);
  }
  return { ...placeholder, position, rest: found.rest };
}

/**
 * Parameters as the user wrote them. The method's own source has them, unless a decorator below put a function of its
 * own in its place; then the source of the class still does.
 */
function declaredParameters(site: KeySite, name: string): readonly Parameter[] | undefined {
  const own = sourceOf(site.method);
  const whole = sourceOf(classOf(site));
  const parameters = readParameters(tokenize(own) ?? []);
  if (whole.includes(own) && parameters?.some((parameter) => parameter.name === name)) return parameters;
  return findMember(tokenize(whole) ?? [], site.property, isStatic(site)) ?? parameters;
}

function sourceOf(value: unknown): string {
  // Not value.toString(): a class may have a static method of that name.
  return typeof value === 'function' ? Function.prototype.toString.call(value) : '';
}

function whyUnknown(parameters: readonly Parameter[] | undefined): string {
  if (parameters === undefined) return 'but the names of the parameters cannot be read from the source.';
  const names = parameters.map(({ name, rest }) => (rest ? '...' : '') + (name ?? '{}'));
  return `but the parameters are (${names.join(', ')}).`;
}

function cure(name: string): string {
  return `Mark the parameter with @LockKey('${name}'), write its position, as <0>, or use a function as key.`;
}
