const { LockModule } = require('nestjs-locked');
const { Locker } = require('nestjs-locked/core');
const { memory } = require('nestjs-locked/memory');

async function main() {
  const locks = new Locker(memory({ singleProcess: true }));
  const key = await locks.using('order:42', (lease) => lease.key);
  await locks.close();
  console.log(key, typeof LockModule.forRoot);
}

main();
