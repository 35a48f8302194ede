import './support/node-version.mjs';
import { jest } from './support/jest.mjs';
import { main } from './support/run.mjs';

await main(async () => (await jest(process.argv.slice(2))).code);
