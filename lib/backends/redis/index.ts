export { redis, type RedisLockOptions } from './redis.factory.js';
export type { RedisTarget } from './redis.target.js';
export { redisQuorum, type RedisQuorumOptions } from './quorum/quorum.factory.js';
