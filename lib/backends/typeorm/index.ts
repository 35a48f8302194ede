export { sqlite, type SqliteOptions } from './sqlite.factory.js';
export { typeorm, type TypeOrmOptions } from './typeorm.factory.js';
export { lockEntity, type LockRow } from './lock.entity.js';
export { CreateLocks1767225600000, lockTableDdl } from './lock.migration.js';
