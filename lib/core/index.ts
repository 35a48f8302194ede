export * from './backend.js';
export { type GrantedEvent, type LockEvent, type LockEvents, type LostEvent, lockChannels } from './channel.js';
export type { RefusedEvent, ReleasedEvent, SuspectEvent, TroubleEvent } from './channel.js';
export { type Clock, type ClockTimer, systemClock } from './clock.js';
export type { Quota } from './context.js';
export { currentLease, detached, findCurrentLease } from './current-lease.js';
export * from './deadline.js';
export { type ConfiguredDuration, type Duration, type DurationBounds, parseDuration } from './duration.js';
export * from './errors.js';
export { MAX_KEY_BYTES } from './key.js';
export type { Lease, LeaseState, ReleaseResult } from './lease.js';
export { LeaseSet } from './lease-set.js';
export { Locker } from './locker.js';
export type { LockerOptions } from './locker-options.js';
export type {
  CallOptions,
  ConfiguredLockOptions,
  HandOver,
  LockOptions,
  Settings,
  Taken,
  UsingOptions,
} from './options.js';
