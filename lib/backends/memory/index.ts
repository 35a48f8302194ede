export { memory, MemoryBackend, type MemoryOptions } from './memory.backend.js';
