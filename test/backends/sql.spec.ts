import { describeLockBackend } from '../../lib/testing/index.js';
import { type Engine, SqlStage } from './sql.stage.js';

describe.each<Engine>(['postgres', 'mariadb'])('%s', (engine) => {
  let stage: SqlStage;

  beforeAll(async () => {
    stage = await SqlStage.start(engine);
  }, 120_000);

  afterAll(() => stage.stop());

  describeLockBackend(engine, () =>
    Promise.resolve({
      open: () => stage.open(),
      close: () => stage.clear(),
      residue: () => stage.count('owner IS NOT NULL'),
      purge: () => stage.purgeAsIfIdle(),
    }),
  );
});
