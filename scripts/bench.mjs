// `npm run bench -- <names>`: the benches, against the built package.
import './support/node-version.mjs';
import { build } from './support/build.mjs';
import { install } from './support/install.mjs';
import { main, run } from './support/run.mjs';

await main(async () => {
  await install();
  await build();
  const compiled = await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'bench']);
  if (compiled.code !== 0) return compiled.code;
  const { code } = await run(process.execPath, ['dist/bench/main.js', ...process.argv.slice(2)]);
  return code;
});
