import type { Observable } from 'rxjs';
import type { Taken } from './core/options.js';

/**
 * What is locked: a template such as `order:<id>` or `order:<dto.orderId>`, whose placeholders are parameters of the
 * method; several templates; or a function of the method's arguments.
 */
export type KeySource = string | readonly string[] | ((...args: never[]) => string | readonly string[]);

/** What is done when the key stays taken: an answer of type `V`, made of the error and the method's arguments `A`. */
export type BusyAnswer<S extends 'throw' | 'skip', A extends unknown[], V> = S | ((busy: Taken, ...args: A) => V);

/**
 * A decorator for a method that returns a Promise or an Observable and that its key and its `onBusy` fit. (`K`: the key;
 * `S`, `A`, `V`: as in {@link BusyAnswer}.)
 */
export type LockedDecorator<K extends KeySource, S extends 'throw' | 'skip', A extends unknown[], V> = <T>(
  target: object,
  property: string | symbol,
  descriptor: TypedPropertyDescriptor<T>,
) => Verdict<T, K, S, A, V>;

/** Stands for `V` where `onBusy` is no function; a function that only throws has `never`. */
export interface NoAnswer {
  readonly none: unique symbol;
}

/** As a return type no decorator may have, it makes the compiler say what is wrong, in one line. */
export interface Wrong<Message extends string> {
  readonly wrong: Message;
}

/** `undefined` when all is well. */
export type Verdict<T, K, S, A extends unknown[], V> = T extends AsyncMethod
  ? Fits<KeyArguments<K>, T> extends false
    ? Wrong<'The key function does not fit the parameters of the method.'>
    : Fits<A, T> extends false
      ? Wrong<'onBusy does not fit the parameters of the method.'>
      : [Instead<S, V>] extends [ResultOf<T>]
        ? undefined
        : Wrong<"What onBusy gives ('skip': undefined) does not fit the result of the method.">
  : Wrong<'@Locked needs a method that returns a Promise or an Observable.'>;

/** What the caller gets when the key stays taken. Where there is an answer, `S` says nothing. */
type Instead<S, V> = [NoAnswer] extends [V] ? (S extends 'skip' ? undefined : never) : Awaited<V>;

type AsyncMethod = (...args: never[]) => PromiseLike<unknown> | Observable<unknown>;

type KeyArguments<K> = K extends (...args: infer A) => unknown ? A : [];

/** A method may have more parameters than are looked at, wider ones, and optional ones: they are checked when called. */
type Fits<Needed extends unknown[], T> = T extends (...args: infer Given) => unknown
  ? Required<Given> extends [...Needed, ...unknown[]]
    ? true
    : false
  : false;

/** Of an Observable nothing at all is also a result. */
type ResultOf<T> = T extends (...args: never[]) => Observable<infer R>
  ? R | undefined
  : T extends (...args: never[]) => infer R
    ? Awaited<R>
    : never;
