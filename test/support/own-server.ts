import { provide } from './programs.js';
import type { ProgramKind } from './server-kind.js';
import { ServerProgram } from './server-program.js';

/** A server of one spec's own, which the spec may treat as it likes. */
export abstract class OwnServer {
  readonly host = '127.0.0.1';

  protected constructor(private readonly server: ServerProgram) {}

  /** @throws Error that says what to install, where the program is not to be had: a container cannot be killed so. */
  protected static async launch(kind: ProgramKind, env: NodeJS.ProcessEnv = process.env): Promise<ServerProgram> {
    const program = await provide(kind, env);
    if (program) return await ServerProgram.start(program, kind);
    throw new Error(
      `This test kills servers or configures them: it needs ${kind.program} itself on this machine ` +
        `(Debian: apt-get install ${kind.packages.join(' ')}).`,
    );
  }

  get port(): number {
    return this.server.port;
  }

  /** Ends it as a power cut would, replies under way included. */
  kill(): Promise<void> {
    return this.server.kill();
  }

  /** Starts it again on the same port, at work or killed, with the data that it had or with none. */
  restart(data: 'kept' | 'lost'): Promise<void> {
    return this.server.restart(data);
  }

  /** Stops it as it stands, its sockets open, or lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.server.signal(signal);
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
}
