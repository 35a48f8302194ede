import { describeLockBackend } from '../../lib/testing/index.js';
import { LockFile } from './sqlite.lock-file.js';

describeLockBackend('sqlite', async () => {
  const file = await LockFile.make();
  return {
    open: () => file.open(),
    close: () => file.remove(),
    residue: () => Promise.resolve(file.count('owner IS NOT NULL')),
    purge: () => file.purgeAsIfIdle(),
  };
});
