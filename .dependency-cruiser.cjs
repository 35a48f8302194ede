// Who may import whom: the table of docs/architecture.md. Type imports count: they end up in the published types.

const CORE = '^lib/core/';
const NEST = ['(^|/)node_modules/@nestjs/(common|core)/', '(^|/)node_modules/rxjs/'];
const npm = (...names) => names.map((name) => `(^|/)node_modules/(@types/)?${name}/`);

/** All that `from` may import is `to` (paths after resolution) and, unless it is `pure`, Node's own modules. */
const only = (name, from, to, { pure = false } = {}) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { pathNot: to, ...(pure ? {} : { dependencyTypesNot: ['core'] }) },
});

module.exports = {
  forbidden: [
    only('core-stands-alone', CORE, [CORE, ...npm('ms')]),
    only('keys-are-pure', '^lib/keys/', ['^lib/keys/', '^lib/core/errors\\.ts$'], { pure: true }),
    only('sql-needs-only-core', '^lib/sql/', ['^lib/sql/', CORE], { pure: true }),
    only('fencing-needs-no-driver', '^lib/fencing/', ['^lib/(fencing|sql)/', CORE]),
    only('memory-needs-only-core', '^lib/backends/memory/', ['^lib/backends/memory/', CORE]),
    only('redis-needs-only-core-and-ioredis', '^lib/backends/redis/', [
      '^lib/backends/redis/',
      CORE,
      ...npm('ioredis'),
    ]),
    only('typeorm-needs-only-core-and-typeorm', '^lib/backends/typeorm/', [
      '^lib/backends/typeorm/',
      '^lib/(fencing|sql)/',
      CORE,
      ...npm('typeorm', 'better-sqlite3'),
    ]),
    only('zookeeper-needs-only-core-and-its-client', '^lib/backends/zookeeper/', [
      '^lib/backends/zookeeper/',
      CORE,
      ...npm('node-zookeeper-client'),
    ]),
    only('testing-needs-no-peer-but-nest', '^lib/testing/', ['^lib/(?!backends/(?!memory/))', ...NEST]),
    only('nest-part-loads-no-store', '^lib/[^/]+$', [
      '^lib/[^/]+$',
      '^lib/(core|keys|backends/memory)/',
      // A backend given as a URL is loaded by `import()`; the rule below refuses the static form.
      '^lib/backends/',
      ...NEST,
    ]),
    {
      name: 'nest-part-loads-stores-by-import-call',
      severity: 'error',
      from: { path: '^lib/[^/]+$' },
      to: { path: '^lib/backends/(?!memory/)', dynamic: false },
    },
    {
      name: 'sample-uses-the-package-by-its-name',
      severity: 'error',
      from: { path: '^sample-app/' },
      to: { path: ['^lib/', '^dist/'], dependencyTypes: ['local'] },
    },
    {
      name: 'nothing-private-of-nest',
      severity: 'error',
      from: { path: '^(lib|sample-app)/' },
      to: { path: '(^|/)@nestjs/[^/]+/(?!(dist/)?index\\.(js|d\\.ts)$)' },
    },
    {
      // Decorator metadata reads its classes while modules load: in a circle one of them is not there yet.
      name: 'no-circle',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^dist'] },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['types', 'import', 'node', 'default'] },
  },
};
