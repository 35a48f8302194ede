/** The method a key template stands on, as a method decorator sees it. */
export interface KeySite {
  /** The prototype, or for a static method its class. */
  readonly target: object;
  readonly property: string | symbol;
  /** `descriptor.value`: the method itself, or what decorators below have made of it. */
  readonly method: (...args: never[]) => unknown;
  /**
   * `@LockKey('name')`: name → position of the marked argument. A mark on a rest parameter stands for the first of its
   * arguments.
   */
  readonly marked: ReadonlyMap<string, number>;
}

/** The class that declares the method. */
export function classOf(site: KeySite): unknown {
  return isStatic(site) ? site.target : site.target.constructor;
}

export function isStatic(site: KeySite): boolean {
  return typeof site.target === 'function';
}

/** `OrderService.pay`, for messages. */
export function nameOf(site: KeySite): string {
  const owner = classOf(site);
  // A class may have a static member called `name`.
  const name: unknown = typeof owner === 'function' ? owner.name : undefined;
  return `${typeof name === 'string' && name !== '' ? name : '(anonymous)'}.${String(site.property)}`;
}
