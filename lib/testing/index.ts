export type { BackendFixture } from './backend-suite.fixture.js';
export { describeLockBackend, type SuiteRunner } from './backend-suite.js';
export { bindLocks } from './bind-locks.js';
export { FakeClock } from './fake-clock.js';
export { FakeLocks, provideFakeLocks } from './fake-locks.js';
