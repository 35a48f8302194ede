import { OPERATION_TIMEOUT_MS } from '../../core/deadline.js';
import { runScript, type Reply, type ScriptClient } from './run-script.js';

/** One operation of the script: its name and arguments, and the keys it needs. */
export interface Operation {
  readonly call: readonly [name: string, ...args: (string | number)[]];
  readonly keys: readonly string[];
  onReply(reply: Reply): void;
  onError(error: unknown): void;
}

/**
 * Large enough that a busy process sends few commands; small enough that the server works on one batch while we work on
 * the answers of the one before, and that no script lasts longer than a ms.
 */
const LARGEST_BATCH = 32;

/** Of one operation: its name and what the script takes with it. */
const LINES = 5;

/** Before core gives up on a call, so that the error says what was waited for. */
const ANSWERED_WITHIN_MS = OPERATION_TIMEOUT_MS - 200;

/** Lets the operations of one tick travel together, a script for each group; each gets its own result. */
export class Batcher {
  readonly #groups = new Map<string, Operation[]>();

  constructor(
    private readonly client: () => ScriptClient,
    /** What the script wants to know beside its operations. */
    private readonly shared: () => readonly (string | number)[],
  ) {}

  /** Operations of one group take effect in the order in which they were submitted. */
  submit(group: string, operation: Operation): void {
    const operations = this.#groups.get(group);
    if (operations === undefined) {
      if (this.#groups.size === 0) setImmediate(this.#flush);
      this.#groups.set(group, [operation]);
      return;
    }
    operations.push(operation);
    if (operations.length < LARGEST_BATCH) return;
    this.#groups.set(group, []);
    this.#send(operations);
  }

  readonly #flush = (): void => {
    const groups = [...this.#groups.values()];
    this.#groups.clear();
    for (const operations of groups) if (operations.length > 0) this.#send(operations);
  };

  #send(batch: readonly Operation[]): void {
    const keys: string[] = [];
    const lines = [...this.shared()];
    for (const operation of batch) {
      for (const key of operation.keys) keys.push(key);
      for (let i = 0; i < LINES; i++) lines.push(operation.call[i] ?? '');
    }
    const fail = (error: unknown): void => {
      clearTimeout(silence);
      for (const operation of batch) operation.onError(error);
    };
    // A driver has been seen to wait for ever.
    const silence = setTimeout(() => {
      fail(new Error(`no answer within ${String(ANSWERED_WITHIN_MS)} ms`));
    }, ANSWERED_WITHIN_MS).unref();
    const settle = (replies: readonly Reply[]): void => {
      clearTimeout(silence);
      batch.forEach((operation, i) => {
        const reply = replies[i];
        if (reply !== undefined) operation.onReply(reply);
        else operation.onError(new Error('the server answered fewer operations than it was sent'));
      });
    };
    runScript(this.client(), keys, lines).then(settle).catch(fail);
  }
}
