import { type Engine, SqlStage } from '../backends/sql.stage.js';
import { LockFile } from '../backends/sqlite.lock-file.js';
import { askUntil } from '../support/ask-until.js';
import { RedisStage } from './redis.stage.js';
import { ZookeeperStage } from './zookeeper.stage.js';

/** Of a server whose tick lasts 200 ms. */
const SHORTEST_SESSION_MS = 400;

export interface StoredLease {
  /** When it ends, by the store's clock, in ms since the epoch. */
  readonly endsAt: number;
  /** Its first token. */
  readonly token: bigint;
}

/** A store for which processes contend, and what it says by itself. */
export interface ContendedStore {
  readonly url: string;
  /** Settles when the store knows of somebody who waits for the key. */
  untilAwaited(key: string): Promise<void>;
  stop(): Promise<void>;
}

/** One that keeps leases, each with an end of its own, rather than sessions. */
export interface LeasingStore extends ContendedStore {
  lease(key: string): Promise<StoredLease>;
}

export const LEASING_STORES = {
  async sqlite(): Promise<LeasingStore> {
    const file = await LockFile.make();
    const row = (key: string) => file.sql(`SELECT * FROM nestjs_locked WHERE name = '${key}'`)[0] ?? {};
    return {
      url: `sqlite:${file.path}`,
      lease: (key) => {
        const { expires_at: endsAt, first_token: token } = row(key);
        return Promise.resolve({ endsAt: Number(endsAt), token: BigInt(token as number) });
      },
      untilAwaited: (key) =>
        askUntil(`somebody waits for ${key}`, () => Promise.resolve(Number(row(key)['wanted_until']) > Date.now())),
      stop: () => file.remove(),
    };
  },
  async redis(): Promise<LeasingStore> {
    const stage = await RedisStage.start();
    return {
      url: stage.server.url,
      // In this order: if the lease is still the one that is meant, then its end was, too.
      lease: async (key) => {
        const endsAt = await stage.admin.pexpiretime(`lock:${key}`);
        return { endsAt, token: await stage.tokenOf(key) };
      },
      untilAwaited: (key) => stage.untilQueued(key, 1),
      stop: () => stage.stop(),
    };
  },
  postgres: () => ofServer('postgres'),
  mariadb: () => ofServer('mariadb'),
} satisfies Record<string, () => Promise<LeasingStore>>;

export const CONTENDED_STORES = {
  ...LEASING_STORES,
  async zookeeper(): Promise<ContendedStore> {
    const stage = await ZookeeperStage.start(SHORTEST_SESSION_MS);
    return {
      url: stage.url,
      untilAwaited: (key) => askUntil(`somebody waits for ${key}`, async () => (await stage.queue(key)).length > 1),
      stop: () => stage.stop(),
    };
  },
} satisfies Record<string, () => Promise<ContendedStore>>;

async function ofServer(engine: Engine): Promise<LeasingStore> {
  const stage = await SqlStage.start(engine);
  return {
    url: stage.server.url,
    lease: async (key) => {
      const { expires_at: endsAt, first_token: token } = await stage.row(key);
      return { endsAt: Number(endsAt), token: BigInt(token as string | number) };
    },
    untilAwaited: (key) => stage.untilAwaited(key),
    stop: () => stage.stop(),
  };
}
