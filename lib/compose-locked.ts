import type { LockedDecorator, KeySource } from './locked.types.js';

/**
 * One decorator out of several, to be named and used again: what `applyDecorators` is for others. They work as if they
 * stood one above the other in this order, the lock outermost.
 *
 * `const LockedOrder = () => composeLocked(Locked('order:<id>', { wait: '2s' }), Transactional());`
 */
export function composeLocked<K extends KeySource, S extends 'throw' | 'skip', A extends unknown[], V>(
  locked: LockedDecorator<K, S, A, V>,
  ...others: MethodDecorator[]
): LockedDecorator<K, S, A, V> {
  const decorate = (target: object, property: string | symbol, descriptor: PropertyDescriptor): PropertyDescriptor => {
    const decorators = [locked as MethodDecorator, ...others];
    return decorators.reduceRight((below, decorator) => decorator(target, property, below) ?? below, descriptor);
  };
  return decorate as unknown as LockedDecorator<K, S, A, V>;
}
