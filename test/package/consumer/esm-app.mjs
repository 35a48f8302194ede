import { LockModule } from 'nestjs-locked';
import { Locker } from 'nestjs-locked/core';
import { memory } from 'nestjs-locked/memory';

const locks = new Locker(memory({ singleProcess: true }));
const key = await locks.using('order:42', (lease) => lease.key);
await locks.close();
console.log(key, typeof LockModule.forRoot);
