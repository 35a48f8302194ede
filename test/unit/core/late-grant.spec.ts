import { type Hold, type LockBackend, Locker } from '../../../lib/core/index.js';

/** A store that answers the first request for a lease so late that little of it is left. */
class LateStore implements LockBackend {
  readonly name = 'late';
  readonly waits = false;
  readonly maxTurns = 1;
  readonly owners: string[] = [];
  readonly released: string[] = [];
  readonly abandoned: string[] = [];

  constructor(private readonly releases: boolean) {}

  acquire({ owner, leaseMs }: { owner: string; leaseMs: number }): Promise<Hold> {
    this.owners.push(owner);
    const isLate = this.owners.length === 1;
    return Promise.resolve({
      first: BigInt(this.owners.length),
      count: 1,
      deadline: performance.now() + (isLate ? leaseMs / 10 : leaseMs),
      release: () => {
        this.released.push(owner);
        return isLate && !this.releases ? Promise.reject(new Error('cut')) : Promise.resolve(true);
      },
    });
  }

  abandon(_key: string, owner: string): Promise<void> {
    this.abandoned.push(owner);
    return Promise.resolve();
  }

  ping(): Promise<void> {
    return Promise.resolve();
  }
}

describe('a grant that came too late', () => {
  it('is given back, and the next has another owner: the release may still be under way, and must not find that one', async () => {
    const store = new LateStore(true);
    const locker = new Locker(store);
    const lease = await locker.acquire('order', { lease: '10s' });
    expect(store.owners).toHaveLength(2);
    expect(store.released).toEqual([store.owners[0]]);
    expect(store.owners[1]).not.toBe(store.owners[0]);
    await lease.release();
    await locker.close();
  });

  it('is taken back in the background when the release fails', async () => {
    const store = new LateStore(false);
    const locker = new Locker(store);
    await locker.acquire('order', { lease: '10s', wait: 0 }).catch(() => undefined);
    await locker.close();
    expect(store.abandoned).toContain(store.owners[0]);
  });
});
