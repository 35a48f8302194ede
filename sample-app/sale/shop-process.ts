import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Told } from '../shop/parent.js';

/** How long a process may take to end by itself. */
const GOODBYE_MS = 10_000;

/** It says that it stops just before it does: a first call may come too early to wake it. */
const WAKE_AGAIN_MS = 50;

/** One process of the shop: the gateway or an order worker, listening on `port`. */
export class ShopProcess {
  private constructor(
    private readonly role: 'gateway' | 'worker',
    readonly port: number,
    private readonly child: ChildProcess,
  ) {}

  /** Forks; what it prints goes to stderr, because stdout belongs to the result. */
  static start(role: 'gateway' | 'worker', port: number, env: Record<string, string> = {}): ShopProcess {
    const child = fork(new URL(`../${role}/main.js`, import.meta.url), {
      env: { ...process.env, ...env, PORT: String(port) },
      stdio: ['ignore', 2, 2, 'ipc'],
    });
    return new ShopProcess(role, port, child);
  }

  /** Resolves when it serves. */
  async ready(): Promise<void> {
    await this.told('ready');
  }

  /** Has it stop itself soon, between the grant of a lock and the BEGIN of its transaction; resolves when it has. */
  async pause(): Promise<void> {
    const paused = this.told('paused');
    this.child.send('pause');
    await paused;
  }

  /** Wakes it; resolves with what came of the transaction that it goes on with. */
  async wake(): Promise<'written' | 'refused'> {
    const wake = setInterval(() => this.child.kill('SIGCONT'), WAKE_AGAIN_MS);
    try {
      return await this.told('written', 'refused');
    } finally {
      clearInterval(wake);
    }
  }

  private told<T extends Told>(...awaited: readonly T[]): Promise<T> {
    return new Promise((resolve, reject) => {
      const hear = (told: unknown): void => {
        if (!awaited.includes(told as T)) return;
        end();
        resolve(told as T);
      };
      const die = (): void => {
        end();
        reject(new Error(`A ${this.role} ended before it was ${awaited.join(' or ')}; its own message stands above.`));
      };
      const end = (): void => {
        this.child.off('message', hear).off('exit', die);
      };
      this.child.on('message', hear).on('exit', die);
    });
  }

  /** Kills it, and the next one takes its place. */
  async replace(): Promise<ShopProcess> {
    const gone = once(this.child, 'exit');
    this.kill();
    await gone;
    return ShopProcess.start(this.role, this.port);
  }

  /** kill -9. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** Asks it to shut down in order, and waits until it has ended. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const impatience = setTimeout(() => {
      this.kill();
    }, GOODBYE_MS);
    await gone;
    clearTimeout(impatience);
  }
}
