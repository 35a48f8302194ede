import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../sample-app/sale/free-ports.js';
import { runProgram, type RunningProgram } from './running-program.js';
import type { ServerKind } from './server-kinds.js';

/** Another process may take the free port before the server does. */
const ATTEMPTS = 3;

/** A server of this machine whose port and data folder outlive its process: it can be killed and started again. */
export class ServerProgram {
  private constructor(
    private readonly program: string,
    private readonly kind: ServerKind,
    readonly port: number,
    private readonly folder: string,
    private running: RunningProgram,
  ) {}

  /** Starts it on a free loopback port, with a folder of its own. */
  static async start(program: string, kind: ServerKind): Promise<ServerProgram> {
    const folder = await mkdtemp(join(tmpdir(), 'nestjs-locked-server-'));
    for (let attempt = 1; ; attempt++) {
      try {
        const [port = 0] = await freePorts(1);
        return new ServerProgram(program, kind, port, folder, await run(program, kind, port, folder));
      } catch (error) {
        if (attempt < ATTEMPTS) continue;
        await rm(folder, { recursive: true, force: true });
        throw error;
      }
    }
  }

  /** Ends it as a power cut would: what it has written to its folder stays. */
  kill(): Promise<void> {
    return this.running.kill();
  }

  /** Starts it again on the same port, with the data that it had written or with none. */
  async restart(data: 'kept' | 'lost'): Promise<void> {
    await this.kill();
    if (data === 'lost') await rm(this.folder, { recursive: true, force: true });
    await mkdir(this.folder, { recursive: true });
    this.running = await run(this.program, this.kind, this.port, this.folder);
  }

  /** Stops it as it stands, its sockets open, or lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.running.signal(signal);
  }

  /** Ends it and removes what it wrote. */
  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function run(program: string, kind: ServerKind, port: number, folder: string): Promise<RunningProgram> {
  await kind.prepare?.(folder);
  return runProgram(program, kind.arguments(port, folder), folder, kind.ready);
}
