import type { ExecutionContext } from '@nestjs/common';
import { LockUsageError } from './core/errors.js';
import type { LockRule } from './lock.rule.js';

/** The key, or several, of one request: `(context) => 'order:' + context.switchToHttp().getRequest().params.id` */
export type ContextKey = (context: ExecutionContext) => string | readonly string[];

/** What `@UseLock` says about a handler, or about all handlers of a class. */
export interface HandlerLock {
  readonly rule: LockRule;
  readonly keyOf: ContextKey;
}

export interface LockedMember {
  /** `OrderService.pay`, for messages. */
  readonly name: string;
  readonly method: object;
  readonly rule: LockRule;
  /** Locked as all handlers of its class are. */
  readonly ofClass: boolean;
}

type RulesOfClass = Map<string | symbol, LockRule>;

/** On a prototype: the rules of its own methods. */
const METHOD_RULES = Symbol('nestjs-locked:method-rules');
/** On a handler function or on a class. */
const HANDLER_LOCK = Symbol('nestjs-locked:handler-lock');

/**
 * Notes the rule of a method.
 *
 * @throws LockUsageError when it has one already: two locks around one method are a mistake, or a deadlock
 */
export function claimMethod(prototype: object, property: string | symbol, rule: LockRule): void {
  const rules = rulesOf(prototype) ?? new Map<string | symbol, LockRule>();
  const ofClass = rule.decorator === '@Locked' ? handlerLockOf(prototype.constructor)?.rule : undefined;
  const other = rules.get(property) ?? ofClass;
  if (other) refuse(nameOf(prototype, property), rule, other);
  rules.set(property, rule);
  Reflect.defineMetadata(METHOD_RULES, rules, prototype);
}

/** Notes what `@UseLock` says. @throws LockUsageError when it stands above a class that has a `@Locked` method */
export function setHandlerLock(handlerOrClass: object, lock: HandlerLock): void {
  const { prototype } = handlerOrClass as { readonly prototype?: object };
  for (const { name, rule } of prototype ? lockedMethodsOf(prototype) : []) {
    if (rule.decorator === '@Locked') refuse(name, lock.rule, rule);
  }
  Reflect.defineMetadata(HANDLER_LOCK, lock, handlerOrClass);
}

/** What `@UseLock` says of a handler function; of a class, or of one that it extends. */
export function handlerLockOf(handlerOrClass: object): HandlerLock | undefined {
  return Reflect.getMetadata(HANDLER_LOCK, handlerOrClass) as HandlerLock | undefined;
}

/** Whether `@UseLock` is all that was said of a method, guards and the like apart: nobody made a handler of it. */
export function isPlainMethod(method: object): boolean {
  const says = (key: unknown) => key !== HANDLER_LOCK && !Array.isArray(Reflect.getMetadata(key, method));
  return !Reflect.getMetadataKeys(method).some(says);
}

/** Every method of a class that is locked, by itself or by its class, inherited ones too. */
export function* lockedMethodsOf(prototype: unknown): Generator<LockedMember> {
  // What was given with useValue may be anything.
  if (!isObject(prototype) || typeof prototype.constructor !== 'function') return;
  const ofClass = handlerLockOf(prototype.constructor)?.rule;
  for (let at: unknown = prototype; isObject(at) && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    const rules = rulesOf(at);
    for (const property of Reflect.ownKeys(at)) {
      const method: unknown = Object.getOwnPropertyDescriptor(at, property)?.value;
      const own = rules?.get(property);
      const rule = own ?? ofClass;
      if (!rule || typeof method !== 'function' || property === 'constructor') continue;
      yield { name: nameOf(prototype, property), method, rule, ofClass: own === undefined };
    }
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function rulesOf(prototype: object): RulesOfClass | undefined {
  return Reflect.getOwnMetadata(METHOD_RULES, prototype) as RulesOfClass | undefined;
}

/** `OrderService.pay`, for messages. */
export function nameOf(prototype: object, property: string | symbol): string {
  return `${prototype.constructor.name}.${String(property)}`;
}

function refuse(name: string, one: LockRule, other: LockRule): never {
  const both = one.decorator === other.decorator ? `${one.decorator} twice` : `${one.decorator} and ${other.decorator}`;
  throw new LockUsageError(`${name} has ${both}. Keep one; if it needs several keys, give it an array of them.`);
}
