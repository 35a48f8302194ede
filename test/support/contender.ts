import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { signalTree } from './signal-tree.js';

export interface Granted {
  readonly token: string;
  /** CLOCK_MONOTONIC in ns, the same in all processes of a machine. */
  readonly at: string;
  /** When the work could have begun, by the wall clock. */
  readonly wallMs: number;
}

export interface Watched {
  /** When the last `assertHeld()` that did not throw began, in ns. */
  readonly lastHeld: string;
  readonly threwAt: string;
  readonly code: string;
}

interface Answer {
  readonly id?: number;
  readonly output?: unknown;
  readonly error?: string;
}

/** Another process with a Locker of its own on a store: it can be killed and stopped as the operating system does. */
export class Contender {
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #calls = 0;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (answer: Answer) => {
      this.#waiting.get(answer.id ?? -1)?.(answer);
    });
    child.once('exit', () => {
      for (const settle of this.#waiting.values()) settle({ error: 'the process has ended' });
    });
  }

  static async start(url: string): Promise<Contender> {
    // Of the built package: a child process has no Jest to compile TypeScript for it.
    const child = fork(join(process.cwd(), 'test/support/contender.child.mjs'), [url], { execArgv: [] });
    await once(child, 'message');
    return new Contender(child);
  }

  acquire(key: string, options: { lease: number; wait: number }): Promise<Granted> {
    return this.#call('acquire', { key, options }) as Promise<Granted>;
  }

  /** Has so many callers, who share nothing but the connection, wait for each of the keys. */
  async crowd(keys: readonly string[], callers: number, options: { lease: number; wait: number }): Promise<void> {
    await this.#call('crowd', { keys, callers, options });
  }

  /** Has so many callers stand in its one line for the key. */
  async waitInLine(key: string, callers: number, options: { lease: number; wait: number }): Promise<void> {
    await this.#call('waitInLine', { key, callers, options });
  }

  /** Has it ask `assertHeld()` from now on, as often as it can. */
  async watch(): Promise<void> {
    await this.#call('watch');
  }

  /** Settles when `assertHeld()` has thrown. */
  watched(): Promise<Watched> {
    return this.#call('watched') as Promise<Watched>;
  }

  release(): Promise<unknown> {
    return this.#call('release');
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    signalTree(this.child, signal);
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  #call(command: string, input?: unknown): Promise<unknown> {
    const id = this.#calls++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ output, error }) => {
        this.#waiting.delete(id);
        if (error === undefined) resolve(output);
        else reject(new Error(`${command}: ${error}`));
      });
      this.child.send({ id, command, input });
    });
  }
}
