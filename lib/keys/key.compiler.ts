import { LockKeyError } from '../core/errors.js';
import { resolveArgument } from './argument.resolver.js';
import { type KeySite, nameOf } from './key.site.js';
import { partEncoder } from './part.encoder.js';
import { readPart } from './part.reader.js';
import { parseTemplate } from './template.parser.js';

/** A key template whose placeholders were found among the parameters of its method. */
export interface CompiledKey {
  /** The template as it was written: the label for telemetry, where keys would be without bound. */
  readonly template: string;
  /**
   * The key for one call. Length and form of the whole are the core's to check.
   *
   * @throws LockKeyError when a part is no non-empty string, finite number, bigint or boolean
   */
  resolve(args: readonly unknown[]): string;
}

/**
 * Compiles a key template such as `order:<id>`, `order:<dto.orderId>` or `order:<0.orderId>`, once, when the class is
 * defined. Values are escaped, so that different values never give the same key.
 *
 * @throws LockKeyError when the template is malformed or a placeholder belongs to no parameter; the message has the cure
 */
export function compileKey(template: string, site: KeySite): CompiledKey {
  const refuse = (fault: string): LockKeyError =>
    new LockKeyError(`Key template ${JSON.stringify(template)} of ${nameOf(site)} ${fault}`);
  const { literals, placeholders } = parseTemplate(template, refuse);
  const encode = partEncoder(literals, refuse);
  const args = placeholders.map((placeholder) => resolveArgument(placeholder, site, refuse));
  return {
    template,
    resolve: (values) =>
      literals.reduce((key, literal, index) => {
        const argument = args[index - 1];
        return key + (argument === undefined ? '' : encode(readPart(values, argument))) + literal;
      }, ''),
  };
}
