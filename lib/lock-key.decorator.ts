import { LockUsageError } from './core/errors.js';

const MARKS = Symbol('nestjs-locked:marks');

/**
 * Names a parameter for the key template, where its own name cannot be read: it is destructured, the code is minified,
 * or it should be called otherwise. `@Locked(['account:<from>', 'account:<to>']) move(@LockKey('from') { from }: MoveDto)`
 *
 * @throws LockUsageError when the class is defined
 */
export function LockKey(name: string): ParameterDecorator {
  return (target, property, position) => {
    const marks = property === undefined ? undefined : marksOf(target, property);
    if (property === undefined || marks?.has(name)) {
      throw new LockUsageError(
        `@LockKey('${name}') names one parameter of a method: not two, and none of a constructor.`,
      );
    }
    Reflect.defineMetadata(MARKS, new Map(marks).set(name, position), target, property);
  };
}

export function marksOf(target: object, property: string | symbol): ReadonlyMap<string, number> {
  return (Reflect.getOwnMetadata(MARKS, target, property) as ReadonlyMap<string, number> | undefined) ?? new Map();
}
