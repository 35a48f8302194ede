import type { ClusterOptions, RedisOptions } from 'ioredis';
import { OPERATION_TIMEOUT_MS } from '../../core/deadline.js';

/**
 * For the connections that we open. Commands fail rather than queue while the server is away: a lock that is granted
 * long after it was asked for helps nobody. A silent link is cut, because nothing else would notice it.
 */
export const CONNECTION_SETTINGS: RedisOptions = {
  connectTimeout: OPERATION_TIMEOUT_MS,
  socketTimeout: OPERATION_TIMEOUT_MS,
  keepAlive: 10_000,
  maxRetriesPerRequest: 2,
  autoResubscribe: false,
  retryStrategy: reconnectIn,
  // How long a process that is done stays for a socket that is gone already.
  disconnectTimeout: 100,
  // A master that has become a replica: go and find the new one, and ask it again.
  reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
};

export const CLUSTER_SETTINGS: ClusterOptions = {
  slotsRefreshTimeout: OPERATION_TIMEOUT_MS,
  retryDelayOnTryAgain: 50,
  retryDelayOnClusterDown: 50,
  retryDelayOnFailover: 50,
  clusterRetryStrategy: reconnectIn,
};

/** Soon enough that an operation, which waits for a few of them, is told in time that nobody is there. */
function reconnectIn(times: number): number {
  return Math.min(25 * 2 ** times, 400);
}
