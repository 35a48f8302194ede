export { compileKey, type CompiledKey } from './key.compiler.js';
export type { KeySite } from './key.site.js';
