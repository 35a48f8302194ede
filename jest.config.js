/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  // A bound for what hangs, wide enough for a busy machine; no test measures time by it.
  testTimeout: 30_000,
  // A process that keeps the modules of every spec stands still for longer and longer to collect its garbage.
  workerIdleMemoryLimit: '256MB',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          target: 'es2022',
          keepClassNames: true,
        },
        module: { type: 'es6' },
      },
    ],
  },
  moduleNameMapper: {
    '^nestjs-locked$': '<rootDir>/lib/index.ts',
    '^nestjs-locked/(core|fencing|testing)$': '<rootDir>/lib/$1/index.ts',
    '^nestjs-locked/(memory|redis|typeorm|zookeeper)$': '<rootDir>/lib/backends/$1/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
};
