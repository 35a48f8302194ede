import type { ServerKind } from './server-kind.js';
import { SERVER_KINDS, type KindName } from './server-kinds.js';
import { ServerProgram } from './server-program.js';
import { startService } from './server-compose.js';
import { locate, provide } from './programs.js';

/** A server of one spec's own, or the one that the environment names. */
export interface Server {
  readonly url: string;
  /** Ends it and removes what it wrote; leaves a server of the environment alone. */
  stop(): Promise<void>;
}

/**
 * Starts a throw-away server on a free loopback port: from a URL in the environment, else from a program on this machine
 * (installed by apt-get where we are root on Debian), else from docker compose. Give it a minute: `beforeAll(…, 120_000)`.
 * @throws Error that says what to install, where none of these ways is open: a test must fail rather than be skipped.
 */
export async function startServer(name: KindName, env: NodeJS.ProcessEnv = process.env): Promise<Server> {
  const kind: ServerKind = SERVER_KINDS[name];
  const given = env[kind.variable];
  if (given) return { url: given, stop: () => Promise.resolve() };

  const program = await provide(kind, env);
  if (program) {
    const server = await ServerProgram.start(program, kind);
    return { url: kind.url(server.port), stop: () => server.stop() };
  }

  const docker = locate('docker', env);
  const service = docker && (await startService(docker, name, kind));
  if (service) return service;

  throw new Error(
    `This test needs ${name}: install ${kind.program} (Debian: apt-get install ${kind.packages.join(' ')}), ` +
      `or start Docker, or set ${kind.variable} to the URL of a server.`,
  );
}
