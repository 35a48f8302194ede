import { type Engine, SqlStage } from '../backends/sql.stage.js';
import { LockFile } from '../backends/sqlite.lock-file.js';
import { askUntil } from '../support/ask-until.js';
import { RedisStage } from './redis.stage.js';

export interface StoredLease {
  /** When it ends, by the store's clock, in ms since the epoch. */
  readonly endsAt: number;
  /** Its first token. */
  readonly token: bigint;
}

/** A store for which processes contend, and what it says by itself. */
export interface ContendedStore {
  readonly url: string;
  lease(key: string): Promise<StoredLease>;
  /** Settles when the store knows of somebody who waits for the key. */
  untilAwaited(key: string): Promise<void>;
  stop(): Promise<void>;
}

export const CONTENDED_STORES = {
  async sqlite(): Promise<ContendedStore> {
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
  async redis(): Promise<ContendedStore> {
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
} satisfies Record<string, () => Promise<ContendedStore>>;

async function ofServer(engine: Engine): Promise<ContendedStore> {
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
