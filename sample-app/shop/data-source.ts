import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import { CreateFences1767225600001 } from 'nestjs-locked/typeorm';

/** What all engines share. The fence table comes by its migration, which the back office runs. */
const COMMON = {
  autoLoadEntities: true,
  retryAttempts: 0,
  migrations: [CreateFences1767225600001],
  migrationsTableName: 'flash_sale_migrations',
};

/** The shop's database: a file that several processes share, or a server. */
export function dataSourceOf(url: string): TypeOrmModuleOptions {
  const [scheme = ''] = url.split(':');
  if (scheme === 'sqlite') {
    return {
      ...COMMON,
      type: 'better-sqlite3',
      database: url.replace(/^sqlite:(\/\/)?/, ''),
      enableWAL: true,
      // In ms. SQLite waits for a busy file by stopping the event loop: hardly at all here, transactions wait elsewhere.
      timeout: 5,
    };
  }
  return { ...COMMON, type: scheme.startsWith('postgres') ? 'postgres' : 'mysql', url };
}
