import { runInThisContext } from 'node:vm';

export type Method = (...args: never[]) => unknown;
export interface Type {
  new (): Record<string, unknown>;
  readonly prototype: object;
}

/** Makes a real function of its source: what the engine does not accept fails here, not in the claim of a test. */
export function evaluate(source: string): Method {
  return runInThisContext(`'use strict'; (${source}\n)`) as Method;
}

export function classFrom(source: string): Type {
  return evaluate(source) as unknown as Type;
}

/** A real method, from its source as it stands in a class. */
export function methodOf(source: string, name = 'pay'): Method {
  const method = new (classFrom(`class { ${source} }`))()[name];
  if (typeof method !== 'function') throw new Error(`No method ${name} in ${source}`);
  return method as Method;
}
