export { zookeeper, type ZookeeperLockOptions } from './zookeeper.factory.js';
