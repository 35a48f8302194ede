export { memory, type MemoryOptions } from './backends/memory/index.js';
export * from './core/index.js';

export { composeLocked } from './compose-locked.js';
export { getLocksToken, InjectLocks } from './inject-locks.decorator.js';
export { LockExceptionFilter } from './lock-exception.filter.js';
export { type HttpLockError, lockErrorToHttp } from './lock-error-to-http.js';
export { LockInterceptor } from './lock.interceptor.js';
export { LockKey } from './lock-key.decorator.js';
export type { ContextKey } from './lock.metadata.js';
export { LockModule } from './lock.module.js';
export type {
  BackendSource,
  LockModuleExtras,
  LockModuleOptions,
  LockOptionsFactory,
  ShutdownOptions,
  StoreOptions,
} from './lock.options.js';
export type { DecoratorOptions, OnBusy } from './lock.rule.js';
export { LockService } from './lock.service.js';
export { Locked, type LockedOptions } from './locked.decorator.js';
export type { BusyAnswer, KeySource, LockedDecorator, Verdict, Wrong } from './locked.types.js';
export { UseLock, type UseLockOptions } from './use-lock.decorator.js';
