import { complaintAbout } from '../../scripts/support/node-version.mjs';
import { innerEnvironment } from '../../scripts/support/npm.mjs';
import { runNode } from '../support/run-node.js';

describe('npm start', () => {
  it('says in one line that npm has swallowed an option', async () => {
    const env = { ...process.env, npm_config_json: 'true', npm_config_buyers: '5' };
    expect(await runNode(['scripts/start.mjs'], { env })).toEqual({
      code: 2,
      output: expect.stringMatching(/^npm kept --buyers --json for itself\..* npm start -- --buyers --json\n$/),
    });
  });

  it.each(['18.20.4', '20.18.3', '16.0.0'])('refuses Node %s in one line', (version) => {
    expect(complaintAbout(version)).toBe(`nestjs-locked needs Node 20.19 or newer; this is Node ${version}.`);
  });

  it.each(['20.19.0', '20.20.2', '22.0.0', '26.1.0'])('takes Node %s', (version) => {
    expect(complaintAbout(version)).toBeUndefined();
  });

  it('gives the inner npm the way to the registry, and no option of the outer one', () => {
    const reach = { npm_config_registry: 'https://npm.example', npm_config_https_proxy: 'p', NPM_CONFIG_CAFILE: 'c' };
    const outer = {
      npm_config_json: 'true',
      npm_config_omit: 'dev',
      npm_config_dry_run: 'true',
      npm_config_prefix: '/',
    };
    expect(innerEnvironment({ ...reach, ...outer, PATH: '/bin' })).toEqual({ ...reach, PATH: '/bin' });
  });
});
