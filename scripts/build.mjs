import './support/node-version.mjs';
import { build } from './support/build.mjs';
import { main } from './support/run.mjs';

await main(async () => {
  await build();
  return 0;
});
