/** What the benches use of peers that bring no types, or none that are found. */
declare module 'redlock' {
  import type { Redis } from 'ioredis';

  export interface Lock {
    readonly value: string;
  }
  export class ExecutionError extends Error {}
  export default class Redlock {
    constructor(
      clients: Iterable<Redis>,
      settings: { readonly retryCount: number; readonly retryDelay: number; readonly retryJitter: number },
    );
    acquire(resources: string[], durationMs: number): Promise<Lock>;
    release(lock: Lock, settings: { readonly retryCount: number }): Promise<unknown>;
    quit(): Promise<void>;
  }
}

declare module 'ioredis-lock' {
  import type { Redis } from 'ioredis';

  export class LockAcquisitionError extends Error {}
  export class LockReleaseError extends Error {}
  export function createLock(
    client: Redis,
    options: { readonly timeout: number; readonly retries: number; readonly delay: number },
  ): { acquire(key: string): Promise<unknown>; release(): Promise<unknown> };
}
