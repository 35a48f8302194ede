import { storeKeyOf } from '../core/key.js';
import type { Lease } from '../core/lease.js';
import type { LeaseSet } from '../core/lease-set.js';
import { Locker } from '../core/locker.js';
import type { CallOptions, Settings } from '../core/options.js';
import type { FakeBackend, FakeKeys } from './fake-backend.js';

type Keys = string | readonly string[];

/** The real Locker, except that nobody waits for a key that the test made busy, and that leases are lost on demand. */
export class FakeLocker extends Locker {
  constructor(
    name: string,
    private readonly fake: FakeBackend,
    private readonly keys: FakeKeys & { readonly losing: ReadonlySet<string> },
  ) {
    super(fake, { name });
  }

  override run(keys: Keys, settings: Settings, work: (held: Lease | LeaseSet) => unknown): Promise<unknown> {
    return super.run(keys, this.#impatient(keys, settings), (held) => {
      this.#lose(held);
      return work(held);
    });
  }

  override acquire(key: string, options?: CallOptions): Promise<Lease>;
  override acquire(keys: readonly string[], options?: CallOptions): Promise<LeaseSet>;
  override async acquire(keys: Keys, options?: CallOptions): Promise<Lease | LeaseSet> {
    const { waitMs } = this.#impatient(keys, this.prepare(options));
    const held = await super.acquire(keys as string, { ...options, wait: waitMs });
    this.#lose(held);
    return held;
  }

  #impatient(keys: Keys, settings: Settings): Settings {
    const busy = [keys].flat().some((key) => this.keys.busy.has(storeKeyOf(settings.namespace, key)));
    return busy ? { ...settings, waitMs: 0 } : settings;
  }

  #lose(held: Lease | LeaseSet): void {
    for (const { storeKey } of 'leases' in held ? held.leases : [held]) {
      if (this.keys.losing.has(storeKey)) this.fake.lose(storeKey);
    }
  }
}
