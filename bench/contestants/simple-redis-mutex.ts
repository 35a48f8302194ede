import { createClient } from 'redis';
import { lock } from 'simple-redis-mutex';
import type { Contestant, ContestantSettings } from '../support/contestant.js';

/** Waiters are woken by a message; the interval is that of its polling for keys that nobody gave back. */
export async function open({ url, leaseMs, waitMs, retryMs }: ContestantSettings): Promise<Contestant> {
  const client = createClient({ url });
  await client.connect();
  return {
    acquire: (key) =>
      new Promise((resolve, reject) => {
        // Called just before the promise rejects.
        const onFail = (): void => resolve(undefined);
        const options = { timeout: leaseMs, pollingInterval: retryMs, failAfter: waitMs, onFail };
        lock(client, key, options).then((release) => resolve(() => release().then(() => true)), reject);
      }),
    close: () => client.close(),
  };
}
