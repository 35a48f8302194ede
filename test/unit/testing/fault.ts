import { type AcquireRequest, type Hold, isBusy, type LockBackend } from '../../../lib/core/backend.js';

/** Turns a sound store into what opens clients of a faulty one. */
export type Fault = (sound: LockBackend) => () => LockBackend;

/** Each fault with the rules that must notice it. */
export type Faults = Readonly<Record<string, { readonly fault: Fault; readonly rules: readonly string[] }>>;

/** A store whose clients are sound but for what changes. */
export function clients(changes: (sound: LockBackend) => Partial<LockBackend>): Fault {
  return (sound) => {
    const client: LockBackend = {
      name: sound.name,
      waits: sound.waits,
      maxTurns: sound.maxTurns,
      acquire: (request) => sound.acquire(request),
      freed: (key, signal) => freed(sound, key, signal),
      abandon: (key, owner) => sound.abandon(key, owner),
      ping: () => sound.ping(),
      ...changes(sound),
    };
    return () => client;
  };
}

type HoldChanges = (hold: Hold, request: AcquireRequest) => Partial<Hold> | Promise<Partial<Hold>>;

/** A store whose holds are sound but for what changes. */
export function holds(changes: HoldChanges): Fault {
  return clients((sound) => ({ acquire: granting(sound, changes) }));
}

/** An `acquire` that changes what it grants. */
export function granting(sound: LockBackend, changes: HoldChanges): LockBackend['acquire'] {
  return async (request) => {
    const answer = await sound.acquire(request);
    return isBusy(answer) ? answer : { ...answer, ...(await changes(answer, request)) };
  };
}

export function renew(hold: Hold, leaseMs: number): Promise<number | false> {
  return hold.renew?.(leaseMs) ?? Promise.resolve(false);
}

export function freed(store: LockBackend, key: string, signal: AbortSignal): Promise<void> {
  return store.freed?.(key, signal) ?? Promise.resolve();
}

export function never(): Promise<never> {
  return new Promise(() => undefined);
}
