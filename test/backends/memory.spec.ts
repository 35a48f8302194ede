import { MemoryBackend } from '../../lib/backends/memory/index.js';
import { describeLockBackend } from '../../lib/testing/index.js';

describeLockBackend('memory', () => {
  const store = new MemoryBackend();
  return Promise.resolve({
    open: () => store,
    close: () => Promise.resolve(),
    residue: () => Promise.resolve(store.size),
  });
});
