import { DataSource } from 'typeorm';
import {
  CreateFences1767225600001,
  fenceEntity,
  type FenceRow,
  fencedTransaction,
} from '../../lib/backends/typeorm/index.js';
import { FencedStage, newLocker, STAGE_ENGINES } from './fenced.stage.js';

class OtherName1767225600002 extends CreateFences1767225600001 {
  override readonly name = 'OtherName1767225600002';
  protected override readonly table = 'other_fences';
}

describe.each(STAGE_ENGINES)('the migration of the fence table on %s', (engine) => {
  let stage: FencedStage;

  beforeAll(async () => {
    stage = await FencedStage.start(engine, { tables: false });
  }, 120_000);

  afterAll(() => stage.stop());

  it.each([
    [undefined, CreateFences1767225600001],
    ['other_fences', OtherName1767225600002],
  ])('makes what the entity says, and takes it away again (%s)', async (table, migration) => {
    const admin = stage.server && { url: stage.server.adminUrl };
    const options = { ...admin, entities: [fenceEntity(engine, table)], migrations: [migration] };
    const dataSource = await new DataSource(stage.options(options)).initialize();
    await dataSource.runMigrations();
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);

    const lease = await newLocker().acquire('ключ');
    await fencedTransaction(dataSource, lease, { table }, () => Promise.resolve());
    const rows = await dataSource.getRepository<FenceRow>('Fence').findBy({ resource: 'ключ' });
    expect(rows).toEqual([{ resource: 'ключ', backend: 'memory', token: lease.token, raised: 1n }]);

    await dataSource.undoLastMigration();
    const runner = dataSource.createQueryRunner();
    expect(await runner.hasTable(table ?? 'nestjs_locked_fences')).toBe(false);
    await runner.release();
    await dataSource.destroy();
  });
});
