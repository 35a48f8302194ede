import type { TypeOrmModuleOptions } from '@nestjs/typeorm';

/** SQLite shared by several processes. */
export function sqliteDataSource(url: string): TypeOrmModuleOptions {
  return {
    type: 'better-sqlite3',
    database: url.replace(/^sqlite:(\/\/)?/, ''),
    enableWAL: true,
    // In ms. SQLite waits for a busy file by stopping the event loop: hardly at all here, TransactionsService waits.
    timeout: 5,
    autoLoadEntities: true,
    retryAttempts: 0,
  };
}
