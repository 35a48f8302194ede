export { redis, type RedisLockOptions } from './redis.factory.js';
export type { RedisTarget } from './redis.target.js';
