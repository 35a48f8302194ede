import type { MigrationInterface, QueryRunner } from 'typeorm';
import { fenceTableDdl } from '../../../fencing/fence.ddl.js';
import { DEFAULT_FENCE_TABLE } from '../../../fencing/fence.options.js';
import type { SqlEngine } from '../../../sql/engine.js';
import { checkedTable } from '../../../sql/table-name.js';

/**
 * Creates the fence table as one of the application's own migrations: list it in the DataSource's `migrations`. In the
 * database that is written to under a lock; the lock store may be elsewhere.
 */
export class CreateFences1767225600001 implements MigrationInterface {
  readonly name: string = 'CreateFences1767225600001';
  /** Another table name: extend this class. */
  protected readonly table: string | undefined = undefined;

  async up(runner: QueryRunner): Promise<void> {
    const { options } = runner.dataSource;
    const engine = options.type === 'better-sqlite3' ? 'sqlite' : options.type;
    const schema = options.type === 'postgres' ? options.schema : undefined;
    await runner.query(fenceTableDdl(engine as SqlEngine, this.table, schema));
  }

  async down(runner: QueryRunner): Promise<void> {
    const { options } = runner.dataSource;
    const table = checkedTable(this.table ?? DEFAULT_FENCE_TABLE);
    await runner.dropTable(options.type === 'postgres' && options.schema ? `${options.schema}.${table}` : table, true);
  }
}
