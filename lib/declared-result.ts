import { isObservable, Observable } from 'rxjs';

/** Whether the declared type of a method is an Observable: TypeScript notes it where it is written down. */
export function returnsObservable(target: object, property: string | symbol): boolean {
  const declared: unknown = Reflect.getMetadata('design:returntype', target, property);
  // Also of another copy of rxjs, and of classes that extend it.
  return typeof declared === 'function' && (declared === Observable || isObservable(declared.prototype));
}
