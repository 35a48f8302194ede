import knex, { type Knex } from 'knex';
import { StaleTokenError, type Lease } from '../../lib/core/index.js';
import { guard } from '../../lib/fencing/index.js';
import { FencedStage, rivals } from './fenced.stage.js';

/** As in docs/fencing.md. */
async function guardKnex(trx: Knex.Transaction, lease: Lease, engine: 'postgres' | 'mariadb'): Promise<void> {
  const execute = async (sql: string, params: readonly unknown[]): Promise<number> => {
    const result: unknown = await trx.raw(sql, params as Knex.RawBinding[]);
    return engine === 'postgres'
      ? (result as { rowCount: number }).rowCount
      : (result as [{ affectedRows: number }])[0].affectedRows;
  };
  await guard(lease, execute, { engine, placeholder: '?' });
}

describe.each(['postgres', 'mariadb'] as const)('the guard with Knex on %s', (engine) => {
  let stage: FencedStage;
  let db: Knex;

  beforeAll(async () => {
    stage = await FencedStage.start(engine);
    db = knex({ client: engine === 'postgres' ? 'pg' : 'mysql2', connection: stage.url.replace('mariadb:', 'mysql:') });
    await db('stock').insert({ id: 1, sold: 0 });
  }, 120_000);

  afterAll(async () => {
    await db.destroy();
    await stage.stop();
  });

  it('lets the newer holder through and refuses the older one', async () => {
    const { older, newer } = await rivals('stock:1');
    const sell = (lease: Lease): Promise<void> =>
      db.transaction(async (trx) => {
        await guardKnex(trx, lease, engine);
        await trx('stock').where({ id: 1 }).increment('sold', 1);
      });
    await sell(older);
    await sell(newer);
    await sell(newer);
    await expect(sell(older)).rejects.toThrow(StaleTokenError);
    expect(await db('stock').first('sold')).toEqual({ sold: 3 });
  });
});
