import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** How long a process may take to end by itself. */
const GOODBYE_MS = 10_000;

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
    const died = once(this.child, 'exit').then(() => {
      throw new Error(`A ${this.role} ended before it served; its own message stands above.`);
    });
    await Promise.race([once(this.child, 'message'), died]);
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
