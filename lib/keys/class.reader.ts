import { type Parameter, readList, readParameters } from './parameter.reader.js';
import type { Token } from './source.tokenizer.js';

interface Member {
  readonly name: string | undefined;
  readonly isStatic: boolean;
  readonly parameters: Parameter[] | undefined;
  /** Where the next member begins. */
  readonly next: number;
}

const MODIFIERS = new Set(['static', 'async', 'get', 'set', 'accessor']);
const AFTER_NAME = new Set(['(', '=', '}']);
/** Words that go on with an expression, where any other word on a new line begins the next member. */
const GO_ON = new Set(['in', 'instanceof', 'extends']);

/**
 * Finds a method, or a field that holds a function, in the tokens of a class and reads its parameters. What is not
 * understood to the end gives `undefined`: better no name than a wrong one.
 */
export function findMember(
  tokens: readonly Token[],
  name: string | symbol,
  isStatic: boolean,
): Parameter[] | undefined {
  if (tokens[0]?.text !== 'class') return undefined;
  const end = tokens.length - 1;
  // Braces may stand in the `extends` expression too: the body is the pair that ends the source.
  let at = tokens.findIndex((token) => token.close === end) + 1;
  let found: Parameter[] | undefined;
  while (at < end) {
    const member = readMember(tokens, at, end);
    if (member === undefined) return undefined;
    // Of two with one name the last counts, as in the language.
    if (member.name === name && member.isStatic === isStatic) found = member.parameters;
    at = member.next;
  }
  return found;
}

function readMember(tokens: readonly Token[], from: number, end: number): Member | undefined {
  let at = from;
  const modifiers = new Set<string>();
  for (; isModifier(tokens, at); at++) modifiers.add(tokens[at]?.text ?? '');
  const key = tokens[at];
  if (key === undefined) return undefined;
  const isStatic = modifiers.has('static');
  const nameless = { name: undefined, isStatic, parameters: undefined };
  if (key.text === ';') return { ...nameless, next: at + 1 };
  if (key.text === '{') return { ...nameless, next: key.close + 1 };
  if (key.kind === 'mark' && key.text !== '[') return undefined;

  const name = nameOf(tokens, at);
  const value = key.close + 1;
  const next = tokens[value];
  if (next?.text === '(') {
    const body = tokens[next.close + 1];
    return body?.text === '{'
      ? { name, isStatic, parameters: readList(tokens, value), next: body.close + 1 }
      : undefined;
  }
  if (next?.text !== '=') {
    const ended = next?.newline === true || next?.text === ';' || value === end;
    return ended ? { ...nameless, next: value } : undefined;
  }
  const stop = fieldEnd(tokens, value, end);
  return { name, isStatic, parameters: readParameters(tokens, value + 1, stop), next: stop };
}

/** `static`, `async`, `get` … and `*`, where they are not themselves the name of the member. */
function isModifier(tokens: readonly Token[], at: number): boolean {
  const text = tokens[at]?.text ?? '';
  if (text === '*') return true;
  return MODIFIERS.has(text) && !AFTER_NAME.has(tokens[at + 1]?.text ?? '');
}

function nameOf(tokens: readonly Token[], at: number): string | undefined {
  const key = tokens[at];
  // Only a text tells a computed name: ['pay'](id) {}.
  const inside = key?.text === '[' && key.close === at + 2 ? tokens[at + 1] : undefined;
  const literal = inside?.kind === 'string' ? inside : key;
  if (literal?.kind === 'string') return literal.text.includes('\\') ? undefined : literal.text.slice(1, -1);
  return key?.kind === 'word' && !key.text.startsWith('#') ? key.text : undefined;
}

/** A field ends with `;`, or where a new line begins with what cannot go on with its value. */
function fieldEnd(tokens: readonly Token[], from: number, end: number): number {
  for (let at = from; at < end; at = (tokens[at]?.close ?? at) + 1) {
    const token = tokens[at];
    const before = tokens[at - 1];
    if (token?.text === ';') return at + 1;
    const ended = before?.operand === true || before?.text === '}';
    if (token?.newline === true && ended && token.kind !== 'mark' && !GO_ON.has(token.text)) return at;
  }
  return end;
}
