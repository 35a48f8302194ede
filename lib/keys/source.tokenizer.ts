/** A word, number, string, bracket or other mark of a source; a regular expression is a mark too. */
export interface Token {
  readonly kind: 'word' | 'string' | 'mark';
  readonly text: string;
  /** Whether a value ends here: behind it `/` divides, elsewhere it begins a regular expression. */
  readonly operand: boolean;
  /** Whether a line ends between the token before and this one. */
  readonly newline: boolean;
  /** Index of the partner of an opening bracket or backtick; of any other token its own. */
  close: number;
}

interface Bracket {
  readonly index: number;
  readonly text: string;
  /** Whether a value ends where it closes: not behind `if (…)` or `{…}`. */
  readonly operand: boolean;
}

const GAP = /\s+|\/\/.*/y;
const NEWLINE = /[\n\r\u2028\u2029]/;
/** Numbers with their dots, names, private names. */
const WORD = /\d[\w.]*|#?[\p{ID_Continue}\u200c-\u200d$\\]+/uy;
const MARK = /=>|\.{3}|\+\+|--|[^]/y;
const PARTNERS: Readonly<Record<string, readonly string[]>> = { ')': ['('], ']': ['['], '}': ['{', '${'] };

/** An expression follows these, so that `/` behind them begins a regular expression. */
const BEFORE_EXPRESSION = new Set(
  'await case default delete do else extends in instanceof new of return throw typeof void yield'.split(' '),
);
const CONTROL = new Set(['if', 'while', 'for', 'with']);

/**
 * Cuts the source of a function or class into tokens, in one pass, linear in its size.
 *
 * @returns `undefined` when its brackets do not balance or something has no end: then nothing in it is to be trusted
 */
export function tokenize(source: string): readonly Token[] | undefined {
  return new Tokenizer(source).run();
}

class Tokenizer {
  private readonly tokens: Token[] = [];
  private readonly open: Bracket[] = [];
  private at = 0;
  private newline = false;

  constructor(private readonly source: string) {}

  run(): readonly Token[] | undefined {
    while (this.at < this.source.length) this.step();
    // What has no end puts `at` to infinity.
    return this.at === this.source.length && this.open.length === 0 ? this.tokens : undefined;
  }

  private step(): void {
    if (this.open.at(-1)?.text === '`') this.readTemplate();
    else if (!this.skipGap() && !this.readWord()) this.readMark(this.source[this.at] ?? '');
  }

  private skipGap(): boolean {
    const { source, at } = this;
    const end = source.startsWith('/*', at) ? this.endOf('*/', at + 2) : at + this.match(GAP).length;
    if (end === at) return false;
    this.newline ||= NEWLINE.test(source.slice(at, end));
    this.at = end;
    return true;
  }

  private readWord(): boolean {
    const word = this.match(WORD);
    if (word === '') return false;
    this.push('word', this.at + word.length, this.textBack(1) === '.' || !BEFORE_EXPRESSION.has(word));
    return true;
  }

  private readMark(char: string): void {
    if (char === "'" || char === '"') this.push('string', this.endOfQuoted(char), true);
    else if (char === '/' && this.tokens.at(-1)?.operand !== true) this.push('mark', this.endOfRegExp(), true);
    else if (char === '(') this.begin(char, !this.afterControl());
    // Nobody divides an object or a function, but an expression statement may follow a block.
    else if (char === '{') this.begin(char, false);
    else if (char === '[' || char === '`') this.begin(char, true);
    else if (char in PARTNERS) this.end(char);
    else {
      const mark = this.match(MARK);
      this.push('mark', this.at + mark.length, mark === '++' || mark === '--');
    }
  }

  /** The text of a template up to its end or to the next `${`; it makes no token. */
  private readTemplate(): void {
    while (this.at < this.source.length) {
      if (this.source[this.at] === '`') {
        this.end('`');
        return;
      }
      if (this.source.startsWith('${', this.at)) {
        this.begin('${', false);
        return;
      }
      this.at += this.source[this.at] === '\\' ? 2 : 1;
    }
  }

  private begin(text: string, operand: boolean): void {
    this.open.push({ index: this.tokens.length, text, operand });
    this.push('mark', this.at + text.length, false);
  }

  private end(text: string): void {
    const bracket = this.open.pop();
    const opening = this.tokens[bracket?.index ?? -1];
    if (bracket === undefined || opening === undefined || !(PARTNERS[text] ?? [text]).includes(bracket.text)) {
      this.at = Infinity;
      return;
    }
    opening.close = this.tokens.length;
    this.push('mark', this.at + text.length, bracket.operand);
  }

  private push(kind: Token['kind'], end: number, operand: boolean): void {
    const { source, at, newline, tokens } = this;
    tokens.push({ kind, text: source.slice(at, end), operand, newline, close: tokens.length });
    this.at = end;
    this.newline = false;
  }

  /** Whether the `(` here belongs to `if`, `for` and the like, and not to a method of such a name. */
  private afterControl(): boolean {
    const awaited = this.textBack(1) === 'await' && this.textBack(2) === 'for';
    const word = awaited ? 2 : 1;
    return CONTROL.has(this.textBack(word)) && this.textBack(word + 1) !== '.';
  }

  private textBack(places: number): string {
    return this.tokens.at(-places)?.text ?? '';
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    return pattern.exec(this.source)?.[0] ?? '';
  }

  private endOf(text: string, from: number): number {
    const index = this.source.indexOf(text, from);
    return index === -1 ? Infinity : index + text.length;
  }

  private endOfQuoted(quote: string): number {
    for (let at = this.at + 1; at < this.source.length; at++) {
      if (this.source[at] === '\\') at++;
      else if (this.source[at] === quote) return at + 1;
    }
    return Infinity;
  }

  private endOfRegExp(): number {
    let inClass = false;
    for (let at = this.at + 1; at < this.source.length; at++) {
      const char = this.source[at] ?? '';
      if (char === '\\') at++;
      else if (char === '[') inClass = true;
      else if (char === ']') inClass = false;
      else if (char === '/' && !inClass) return at + 1;
      // It was no regular expression: we have misread something before.
      else if (NEWLINE.test(char)) return Infinity;
    }
    return Infinity;
  }
}
