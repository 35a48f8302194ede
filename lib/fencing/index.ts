export type { SqlEngine } from '../sql/engine.js';
export type { FenceExecutor } from './executor.js';
export { fenceTableDdl } from './fence.ddl.js';
export type { FenceOptions } from './fence.options.js';
export type { Fence } from './fences-of.js';
export type { FencingToken } from './fencing-token.js';
export { guard } from './guard.js';
export { parseFencingToken } from './parse-fencing-token.js';
export { resetFence } from './reset-fence.js';
