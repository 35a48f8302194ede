import type { Reply } from './lock.script.js';

export interface Operation {
  readonly name: 'acquire' | 'raise' | 'renew' | 'release' | 'leave';
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
}

interface Entry extends Operation {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

type Run = (keys: readonly string[], args: readonly (string | number)[]) => Promise<readonly Reply[]>;

/** A script runs alone on its server: it must not last longer than a few ms. */
const LARGEST_BATCH = 256;

/** Lets the operations of one tick travel in one script per group; each gets its own result. */
export class Batcher {
  readonly #groups = new Map<string, Entry[]>();

  constructor(private readonly run: Run) {}

  /** Operations of one group take effect in the order in which they were submitted. */
  submit(group: string, { name, keys, args }: Operation): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#groups.size === 0) setImmediate(this.#flush);
      const entry = { name, keys, args, resolve, reject };
      const entries = this.#groups.get(group);
      if (entries) entries.push(entry);
      else this.#groups.set(group, [entry]);
    });
  }

  readonly #flush = (): void => {
    const groups = [...this.#groups.values()];
    this.#groups.clear();
    for (const entries of groups) {
      for (let i = 0; i < entries.length; i += LARGEST_BATCH) this.#send(entries.slice(i, i + LARGEST_BATCH));
    }
  };

  #send(batch: readonly Entry[]): void {
    const keys = batch.flatMap((entry) => entry.keys);
    const args = batch.flatMap((entry) => [entry.name, ...entry.args]);
    this.run(keys, args).then(
      (replies) => {
        batch.forEach(({ resolve, reject }, i) => {
          const reply = replies[i];
          if (reply) resolve(reply);
          else reject(new Error('the server answered fewer operations than it was sent'));
        });
      },
      (error: unknown) => {
        for (const { reject } of batch) reject(error);
      },
    );
  }
}
