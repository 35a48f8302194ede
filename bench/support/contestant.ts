/** Settles with whether the key was still held, as far as the contestant tells: on a crowded machine a lease may have ended. */
export interface Release {
  (): Promise<boolean>;
  /** The fencing token, where there is one. */
  readonly token?: bigint;
}

/** A lock as a bench uses it, whoever made it. */
export interface Contestant {
  /** Settles with how to give the key back, or with `undefined` when the contestant gave up waiting. */
  acquire(key: string): Promise<Release | undefined>;
  close(): Promise<void>;
}

/** What every contestant is told; those that do not poll ignore the interval. */
export interface ContestantSettings {
  readonly url: string;
  readonly leaseMs: number;
  readonly waitMs: number;
  /** How long to pause between two attempts, in ms. */
  readonly retryMs: number;
  readonly handOver?: false | { readonly turns: number };
  readonly poolSize?: number;
}

/** What a module in `contestants/` exports. */
export interface ContestantModule {
  open(settings: ContestantSettings): Promise<Contestant> | Contestant;
}

/** Loads the one contestant that a process runs, and none of the others' dependencies. */
export async function contestantModule(name: string): Promise<ContestantModule> {
  return (await import(`../contestants/${name}.js`)) as ContestantModule;
}

/** Acquires where giving up would spoil the figures. */
export async function acquireFor(contestant: Contestant, key: string): Promise<Release> {
  const release = await contestant.acquire(key);
  if (!release) throw new Error('gave up waiting for a key that it should have got');
  return release;
}

/** Whether a release went well, for contestants that tell by an error that the lease had ended. */
export async function heldUntil(
  release: Promise<unknown>,
  Ended: abstract new (...args: never[]) => Error,
): Promise<boolean> {
  try {
    await release;
    return true;
  } catch (error) {
    if (error instanceof Ended) return false;
    throw error;
  }
}
