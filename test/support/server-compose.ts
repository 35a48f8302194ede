import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import type { ServerKind } from './server-kind.js';
import type { Server } from './start-server.js';

const execute = promisify(execFile);

/** Starts a service of docker-compose.yml under a project name and on a port of its own; undefined without Docker. */
export async function startService(docker: string, name: string, kind: ServerKind): Promise<Server | undefined> {
  const env = { ...process.env, [`${name.toUpperCase()}_PORT`]: '0' };
  const project = `nestjs-locked-${randomUUID()}`;
  const compose = (...args: string[]) => execute(docker, ['compose', '--project-name', project, ...args], { env });
  try {
    await execute(docker, ['info'], { env });
    await compose('version');
  } catch {
    return undefined;
  }
  const stop = async (): Promise<void> => {
    await compose('down', '--volumes', '--timeout', '0');
  };
  try {
    await compose('up', '--detach', '--wait', name);
    const { stdout } = await compose('port', name, String(kind.containerPort));
    return { url: kind.url(Number(stdout.trim().split(':').at(-1))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
