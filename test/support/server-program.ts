import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../sample-app/sale/free-ports.js';
import { runProgram, runToEnd, type Account, type RunningProgram } from './running-program.js';
import type { ProgramKind } from './server-kind.js';
import { orStop } from './start-together.js';

/** Another process may take the free port before the server does. */
const ATTEMPTS = 3;

/** By number, as Linux distributions agree on it. */
const NOBODY: Account = { uid: 65_534, gid: 65_534 };

/** A server of this machine whose port and data folder outlive its process: it can be killed and started again. */
export class ServerProgram {
  private constructor(
    private readonly program: string,
    private readonly kind: ProgramKind,
    readonly port: number,
    private readonly folder: string,
    private running: RunningProgram,
  ) {}

  /** Starts it on a free loopback port, with a folder of its own. */
  static async start(program: string, kind: ProgramKind): Promise<ServerProgram> {
    for (let attempt = 1; ; attempt++) {
      const folder = await mkdtemp(join(tmpdir(), 'nestjs-locked-server-'));
      try {
        const [port = 0] = await freePorts(1);
        return new ServerProgram(program, kind, port, folder, await run(program, kind, port, folder));
      } catch (error) {
        await rm(folder, { recursive: true, force: true });
        if (attempt === ATTEMPTS) throw error;
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
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
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

async function run(program: string, kind: ProgramKind, port: number, folder: string): Promise<RunningProgram> {
  const account = kind.refusesRoot && process.getuid?.() === 0 ? NOBODY : undefined;
  const handOver = async (path: string): Promise<void> => {
    if (account) await chown(path, account.uid, account.gid);
  };
  await handOver(folder);
  await kind.prepare?.({
    ...{ program, port, folder },
    write: async (name, text) => {
      const file = join(folder, name);
      await writeFile(file, text);
      await handOver(file);
      return file;
    },
    run: (other, args, input) => runToEnd(other, args, { folder, account }, input),
  });
  const running = await runProgram(program, kind.arguments(port, folder), { folder, account }, kind.ready);
  await orStop([{ stop: () => running.kill() }], () => kind.started?.(folder, port));
  return running;
}
