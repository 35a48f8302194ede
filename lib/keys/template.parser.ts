import type { LockKeyError } from '../core/errors.js';
import { UNFIT } from './part.encoder.js';

/** `<dto.orderId>`: name `dto`, path `['orderId']`. */
export interface Placeholder {
  readonly text: string;
  readonly name: string;
  readonly path: readonly string[];
}

/** Literals and placeholders in turn; it begins and ends with a literal, which may be empty there. */
export interface Template {
  readonly literals: readonly string[];
  readonly placeholders: readonly Placeholder[];
}

const SEGMENT = /^[^\s.]+$/;
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** Reads a template; what `refuse` makes of a fault in it is thrown. */
export function parseTemplate(template: string, refuse: (fault: string) => LockKeyError): Template {
  if (template === '') throw refuse('is empty. Write what is locked, for example `order:<id>`.');
  if (UNFIT.test(template)) throw refuse('holds a control character or half of a surrogate pair.');
  // Split by a group: literals stand at even places, what stood between < and > at odd ones.
  const pieces = template.split(/<([^<>]*)>/);
  const literals = pieces.filter((_, index) => index % 2 === 0);
  const placeholders = pieces.filter((_, index) => index % 2 === 1).map((text) => parsePlaceholder(text, refuse));
  if (literals.some((literal) => literal.includes('<'))) throw refuse('has a `<` without its `>`.');
  // A forgotten `<` would make one key of all.
  if (literals.some((literal) => literal.includes('>'))) throw refuse('has a `>` without its `<`.');
  return { literals, placeholders };
}

function parsePlaceholder(content: string, refuse: (fault: string) => LockKeyError): Placeholder {
  const text = `<${content}>`;
  const [name = '', ...path] = content.split('.');
  if (![name, ...path].every((segment) => SEGMENT.test(segment))) {
    throw refuse(`has the malformed placeholder ${text}. Write <name>, <name.path.to> or <0.path>.`);
  }
  const forbidden = path.find((segment) => FORBIDDEN.has(segment));
  if (forbidden !== undefined) throw refuse(`reads \`${forbidden}\` in ${text}, which is never data.`);
  return { text, name, path };
}
