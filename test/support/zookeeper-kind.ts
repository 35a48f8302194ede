import { connect } from 'node:net';
import { join } from 'node:path';
import { askUntil } from './ask-until.js';
import type { Place, ServerKind } from './server-kind.js';

const JAR = '/usr/share/java/zookeeper.jar';
const CONFIG = 'zoo.cfg';

/** The length of a tick bounds from below what a session may last: two of them. */
export const TICK_MS = 200;

/** Settings of zoo.cfg by name. */
export type ZookeeperConfig = Readonly<Record<string, string>>;

/** One server; as a member of an ensemble with further settings, and a number of its own. */
export function zookeeperKind(config: ZookeeperConfig = {}, member?: number): ServerKind {
  return {
    variable: 'LOCKED_ZOOKEEPER_URL',
    program: 'java',
    packages: ['zookeeper', 'default-jre-headless'],
    files: [JAR],
    containerPort: 2181,
    // It says nothing more: what it serves is asked for.
    ready: /SLF4J/,
    prepare: (place) => prepare(place, config, member),
    arguments: (_, folder) => [
      ...['-Xms64m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:-UsePerfData', '-Dzookeeper.jmx.log4j.disable=true'],
      ...['-Dzookeeper.preAllocSize=1024', '-Dznode.container.checkIntervalMs=1000', '-cp', JAR],
      ...['org.apache.zookeeper.server.quorum.QuorumPeerMain', join(folder, CONFIG)],
    ],
    started: async (_, port) => {
      await askUntil(`a ZooKeeper at port ${port} serves`, async () =>
        (await fourLetters(port, 'srvr')).includes('Mode'),
      );
    },
    url: (port) => `zookeeper://127.0.0.1:${port}`,
  };
}

async function prepare({ port, folder, write }: Place, config: ZookeeperConfig, member?: number): Promise<void> {
  const settings: ZookeeperConfig = {
    tickTime: String(TICK_MS),
    dataDir: folder,
    clientPort: String(port),
    clientPortAddress: '127.0.0.1',
    'admin.enableServer': 'false',
    '4lw.commands.whitelist': '*',
    maxClientCnxns: '0',
    maxSessionTimeout: '60000',
    // Processes are killed here, and no machine loses its power.
    forceSync: 'no',
    ...config,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  await write(CONFIG, `${lines.join('\n')}\n`);
  if (member !== undefined) await write('myid', String(member));
}

/** What a server answers to one of its commands of four letters; nothing, where none listens. */
export function fourLetters(port: number, command: 'srvr' | 'cons' | 'dump' | 'wchs' | 'mntr'): Promise<string> {
  return new Promise((resolve) => {
    let said = '';
    const socket = connect(port, '127.0.0.1').setEncoding('utf8').setTimeout(2_000);
    socket.on('connect', () => socket.end(command));
    socket.on('data', (chunk: string) => (said += chunk));
    socket.on('timeout', () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(said));
  });
}
