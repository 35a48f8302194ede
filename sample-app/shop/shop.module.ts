import { Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { TypeOrmModule } from '@nestjs/typeorm';
import { LockModule } from 'nestjs-locked';
import { dataSourceOf } from './data-source.js';
import { type Environment, readEnvironment } from './environment.js';

/** What every process of the shop shares: configuration, database, locks. */
@Module({
  imports: [
    ConfigModule.forRoot({
      isGlobal: true,
      envFilePath: `.env.${process.env['NODE_ENV'] ?? 'development'}`,
      validate: readEnvironment,
    }),
    TypeOrmModule.forRootAsync({
      inject: [ConfigService],
      useFactory: (config: ConfigService<Environment, true>) => dataSourceOf(config.get('DATABASE_URL')),
    }),
    LockModule.forRootAsync({
      inject: [ConfigService],
      useFactory: (config: ConfigService<Environment, true>) => ({
        backend: config.getOrThrow<string>('LOCK_URL'),
        namespace: 'shop',
        // A worker that dies holding a lock keeps its buyers waiting for so long, and no longer.
        lease: '2s',
      }),
    }),
  ],
})
export class ShopModule {}
