/**
 * What a Redis user must be allowed to run nestjs-locked/redis with the default prefix, as `ACL SETUSER` takes it.
 * Specs run as such a user: a command that is missing here fails them.
 */
export const LEAST_RIGHTS: readonly string[] = [
  ...['~lock:*', '~nestjs-locked:*', '&nestjs-locked:*', '-@all'],
  // The scripts, and what they call.
  ...['+evalsha', '+eval'],
  ...['+mget', '+get', '+set', '+del', '+pexpire', '+pttl', '+type', '+time', '+publish'],
  ...['+zadd', '+zrem', '+zrange', '+zscore', '+hset', '+hget', '+hdel', '+hexists'],
  // Waking, and confirmation by replicas.
  ...['+subscribe', '+wait'],
  // What a connection needs. `client|setinfo` is not among it: Redis knows it from 7.2, and 7.0 refuses the whole user.
  ...['+auth', '+select', '+ping', '+quit', '+info', '+client|setname'],
  // Cluster: where slots are, and a slot that is on the move.
  ...['+cluster|slots', '+cluster|info', '+readonly', '+asking'],
];
