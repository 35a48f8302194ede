import type { Token } from './source.tokenizer.js';

export interface Parameter {
  /** Not known of a destructured one. */
  readonly name: string | undefined;
  readonly rest: boolean;
}

/**
 * Reads the parameters of the function, arrow function or method that begins at `from`: `async *pay(id) {`,
 * `['pay'](id) {`, `function (id) {`, `async (id) =>`, `id =>`. Anything else gives `undefined`.
 */
export function readParameters(tokens: readonly Token[], from = 0, to = tokens.length): Parameter[] | undefined {
  for (let at = from; at < to; at++) {
    const token = tokens[at];
    const text = token?.text;
    if (text === '=>' && at > from) return [parameterFrom(tokens, at - 1)];
    if (token === undefined || text === '=>') return undefined;
    if (text === '(') {
      const after = tokens[token.close + 1]?.text;
      return after === '=>' || after === '{' ? readList(tokens, at) : undefined;
    }
    if (text === '[') at = token.close;
    else if (token.kind === 'mark' && text !== '*') return undefined;
  }
  return undefined;
}

/** The parameters in the parentheses that open at `open`. */
export function readList(tokens: readonly Token[], open: number): Parameter[] {
  const end = tokens[open]?.close ?? open;
  const parameters: Parameter[] = [];
  for (let at = open + 1; at < end; at++) {
    parameters.push(parameterFrom(tokens, at));
    while (at < end && tokens[at]?.text !== ',') at = (tokens[at]?.close ?? at) + 1;
  }
  return parameters;
}

function parameterFrom(tokens: readonly Token[], at: number): Parameter {
  const rest = tokens[at]?.text === '...';
  const token = tokens[rest ? at + 1 : at];
  return { name: token?.kind === 'word' ? token.text : undefined, rest };
}
