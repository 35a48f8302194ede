import { basename } from 'node:path';
import { run } from './run.mjs';

/** How to reach the registry; all else that an outer npm exports (`json`, `omit`, `dry_run` …) was meant for that npm. */
const KEEP =
  /^npm_config_(@|\/\/|registry|cache|userconfig|globalconfig|nodedir|ca(file)?$|strict_ssl|(https?_|no_?)?proxy)/i;

/** The environment without what an outer npm has put into it for itself. */
export function innerEnvironment(env = process.env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^npm_config_/i.test(name) || KEEP.test(name)));
}

/** Runs npm: the one that started us, else the one on the PATH. */
export function npm(args, options = {}) {
  const cli = process.env.npm_execpath ?? '';
  const env = innerEnvironment();
  if (basename(cli) === 'npm-cli.js') return run(process.execPath, [cli, ...args], { ...options, env });
  return run('npm', args, { ...options, env, shell: process.platform === 'win32' });
}
