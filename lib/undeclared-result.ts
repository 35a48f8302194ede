import type { Observable } from 'rxjs';

/** As rxjs names it, with and without the symbol of the proposal. */
const INTEROP = [(Symbol as { observable?: symbol }).observable ?? '@@observable', '@@observable'];
const WAYS_TO_OBSERVE = ['subscribe', 'pipe', 'lift', 'forEach', 'toPromise', ...INTEROP];

/**
 * For methods whose declared type tells neither a Promise nor an Observable: it was left out, or imported with
 * `import type`. They may not be called before there is a lock, and their caller wants the result now. So it gets a
 * Promise that becomes an Observable when it is used as one before the work has begun.
 */
export function promiseOrObservable(
  asPromise: () => Promise<unknown>,
  asObservable: () => Observable<unknown>,
): Promise<unknown> {
  let observable: Observable<unknown> | undefined;
  const promise = Promise.resolve().then(() => observable ?? asPromise());
  const ways = WAYS_TO_OBSERVE.map((name) => {
    const get = (): unknown => {
      observable ??= asObservable();
      // Its subscribers are told: a refusal of the work that had begun already is nobody's surprise.
      promise.catch(() => undefined);
      const way: unknown = Reflect.get(observable, name);
      return typeof way === 'function' ? (way.bind(observable) as unknown) : way;
    };
    return [name, { get, configurable: true }];
  });
  return Object.defineProperties(promise, Object.fromEntries(ways) as PropertyDescriptorMap);
}
