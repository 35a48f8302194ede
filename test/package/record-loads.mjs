// Preloaded by `node --import`: writes every module that is asked for, by `import` or `require`, to the file LOADS.
import { appendFileSync } from 'node:fs';
import Module, { register } from 'node:module';

export async function resolve(specifier, context, next) {
  appendFileSync(process.env.LOADS, `${specifier}\n`);
  return next(specifier, context);
}

// The hook above runs in a thread of its own, where this file is loaded for a second time.
if (new URL(import.meta.url).searchParams.get('hook') === null) {
  register(`${import.meta.url}?hook`);
  const load = Module._load;
  Module._load = function (request, ...rest) {
    appendFileSync(process.env.LOADS, `${request}\n`);
    return load.call(this, request, ...rest);
  };
}
