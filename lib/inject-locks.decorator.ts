import { Inject, type InjectionToken } from '@nestjs/common';
import { DEFAULT_STORE, LockService } from './lock.service.js';

/** Injection token of the LockService of one store; that of the default store is the class itself. */
export function getLocksToken(store: string = DEFAULT_STORE): InjectionToken<LockService> {
  return store === DEFAULT_STORE ? LockService : `LockService '${store}' (LockModule.forRootAsync: list it in names)`;
}

/** `constructor(@InjectLocks('ledger') private readonly ledger: LockService)` */
export function InjectLocks(store: string = DEFAULT_STORE): ParameterDecorator & PropertyDecorator {
  return Inject(getLocksToken(store));
}
