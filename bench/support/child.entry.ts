/** Entry of the processes that {@link inChild} starts: calls one exported function of one module. */
const [module = '', name = '', input = ''] = process.argv.slice(2);
const loaded = (await import(`../${module}.js`)) as Record<string, ((input: unknown) => Promise<unknown>) | undefined>;
const work = loaded[name];
if (!work) throw new Error(`${module} exports no ${name}`);
// Stays until the parent has read it all and hangs up: a large answer would be cut off otherwise, and the connections of
// some contestants keep no process.
process.once('disconnect', () => undefined);
const output = await work(input === 'undefined' ? undefined : JSON.parse(input));
process.send?.({ output });

export {};
