import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { startTogether } from '../start-together.js';
import { CLIENT_PROGRAMS } from './client-programs.js';

export interface ClientSettings {
  readonly client: keyof typeof CLIENT_PROGRAMS;
  readonly url: string;
  /** How often it asks for a key that is taken; ours are not asked. */
  readonly retryMs?: number;
  readonly jitterMs?: number;
  /** Of redis-py: `null` for a lock that never expires. */
  readonly leaseMs?: number | null;
  /** Of kazoo: with names of its own. */
  readonly stock?: true;
  /** Of ours. */
  readonly foreignRetry?: number;
  readonly compat?: 'redlock';
}

/** What came of wanting a key again and again. */
export interface Demand {
  /** Of each worker. */
  readonly grants: readonly number[];
  /** The longest time without a grant to this process, in ms. */
  readonly longestMs: number;
  /** How late its timers were at most, in ms. */
  readonly delayMs: number;
}

interface Answer {
  readonly id?: number;
  readonly output?: unknown;
  readonly error?: string;
}

/** A process of its own with one client: in Redis all of them keep `key` under `mutex:<key>`, in ZooKeeper below `/shared`. */
export class LockProcess {
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #calls = 0;

  private constructor(private readonly child: ChildProcessByStdio<Writable, Readable, null>) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const answer = JSON.parse(line) as Answer;
      this.#waiting.get(answer.id ?? -1)?.(answer);
    });
    child.once('exit', () => {
      for (const settle of this.#waiting.values()) settle({ error: 'the process has ended' });
    });
  }

  /** Starts processes side by side; settles when all of them are ready. */
  static start(...settings: readonly ClientSettings[]): Promise<LockProcess[]> {
    return startTogether(settings.map((one) => LockProcess.#startOne(one)));
  }

  static async #startOne(settings: ClientSettings): Promise<LockProcess> {
    const [program = '', ...args] = await CLIENT_PROGRAMS[settings.client]();
    const child = spawn(program, [...args, JSON.stringify(settings)], { stdio: ['pipe', 'pipe', 'inherit'] });
    const started = new LockProcess(child);
    await new Promise<void>((resolve, reject) => {
      started.#waiting.set(-1, ({ error }) => {
        started.#waiting.delete(-1);
        if (error === undefined) resolve();
        else reject(new Error(`${settings.client}: ${error}`));
      });
    });
    return started;
  }

  /** @returns whether it was granted within `waitMs`; 0 = tried once */
  take(key: string, waitMs: number): Promise<boolean> {
    return this.#call('take', { key, waitMs }) as Promise<boolean>;
  }

  giveBack(key: string): Promise<unknown> {
    return this.#call('giveBack', { key });
  }

  /** Writes its client's name under those in `file`, reading and writing the whole of it, each time with the key held. */
  sign(input: { key: string; file: string; workers: number; times: number }): Promise<unknown> {
    return this.#call('sign', input);
  }

  /** Wants the key again and again, with so many callers at once, each of which rests after it has given it back. */
  demand(input: { key: string; workers: number; ms: number; holdMs: number; restMs: number }): Promise<Demand> {
    return this.#call('demand', input) as Promise<Demand>;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.stdin.end();
    await once(this.child, 'exit');
  }

  #call(command: string, input: object): Promise<unknown> {
    const id = this.#calls++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ output, error }) => {
        this.#waiting.delete(id);
        if (error === undefined) resolve(output);
        else reject(new Error(`${command}: ${error}`));
      });
      this.child.stdin.write(`${JSON.stringify({ id, command, input })}\n`);
    });
  }
}
