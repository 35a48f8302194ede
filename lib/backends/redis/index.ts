export { redis, type RedisLockOptions, type RedisTarget } from './redis.factory.js';
