import { BlockList, isIP } from 'node:net';
import type { Server } from './raw-client.js';

const PRIVATE = new BlockList();
for (const [network, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
] as const) {
  PRIVATE.addSubnet(network, prefix, 'ipv4');
}
PRIVATE.addAddress('::1', 'ipv6');
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');

/** Names that resolve inside of a network only: of one word, or below a domain that the world does not know. */
const PRIVATE_NAME = /^[^.]+$|\.(localhost|local|internal|lan|home\.arpa|svc|cluster)$/i;

/** Servers that are reached over a public network, as far as their names tell: the client has no TLS. */
export function exposed(servers: readonly Server[]): readonly Server[] {
  return servers.filter(({ host }) => {
    const family = isIP(host);
    if (family === 0) return !PRIVATE_NAME.test(host);
    return !PRIVATE.check(host, family === 4 ? 'ipv4' : 'ipv6');
  });
}
