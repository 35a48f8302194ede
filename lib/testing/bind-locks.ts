import { bind } from '../lock.binding.js';
import type { LockService } from '../lock.service.js';
import { FakeLocks } from './fake-locks.js';

/**
 * Gives an instance that was made with `new` what its `@Locked` methods need, and returns it:
 * `const orders = bindLocks(new OrderService(), fake);`
 *
 * @param locks default: fresh {@link FakeLocks}
 */
export function bindLocks<T extends object>(instance: T, locks: FakeLocks | LockService = new FakeLocks()): T {
  bind(instance, locks instanceof FakeLocks ? locks.locks : locks);
  return instance;
}
