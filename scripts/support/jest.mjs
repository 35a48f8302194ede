import { run } from './run.mjs';

/** Runs Jest in ESM mode, which needs a flag of Node in Jest itself and in its workers. */
export function jest(args, options = {}) {
  const flags = [process.env.NODE_OPTIONS, '--experimental-vm-modules'].filter(Boolean).join(' ');
  const env = { ...process.env, NODE_OPTIONS: flags };
  return run(process.execPath, ['node_modules/jest/bin/jest.js', ...args], { ...options, env });
}
