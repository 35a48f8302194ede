/** Entry of the processes that {@link inChild} starts: calls one exported function of one module. */
const [module = '', name = '', input = ''] = process.argv.slice(2);
const loaded = (await import(`../${module}.js`)) as Record<string, ((input: unknown) => Promise<unknown>) | undefined>;
const work = loaded[name];
if (!work) throw new Error(`${module} exports no ${name}`);
const output = await work(input === 'undefined' ? undefined : JSON.parse(input));
// Stays until the parent has read it all and hangs up: a large answer would be cut off otherwise.
process.once('disconnect', () => undefined);
process.send?.({ output });

export {};
