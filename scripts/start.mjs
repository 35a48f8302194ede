// `npm start`: installs, builds and runs the flash sale. Node's own modules only: nothing is installed yet.
import './support/node-version.mjs';
import { build } from './support/build.mjs';
import { install } from './support/install.mjs';
import { Trouble, main, run } from './support/run.mjs';

const FLAGS = ['buyers', 'stock', 'workers', 'lock', 'database', 'kill', 'once', 'json'];

/** `npm start --json` gives `--json` to npm, which keeps it and tells us only through the environment. */
function refuseSwallowedFlags() {
  const swallowed = FLAGS.filter((flag) => process.env[`npm_config_${flag}`] !== undefined).map((flag) => `--${flag}`);
  if (swallowed.length === 0) return;
  const example = `npm start -- ${swallowed.join(' ')}`;
  throw new Trouble(`npm kept ${swallowed.join(' ')} for itself. Put -- before the sale's options: ${example}`, 2);
}

await main(async () => {
  refuseSwallowedFlags();
  await install();
  await build();
  const { code } = await run(process.execPath, ['dist/sample-app/main.js', ...process.argv.slice(2)]);
  return code;
});
