// A Nest application of the built package, in a process of its own. It tells its parent what happens, in its order.
import 'reflect-metadata';
import http from 'node:http';
import { Controller, Get, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { setImmediate } from 'node:timers/promises';
import { Locked, LockModule, LockService } from 'nestjs-locked';
import { LOCKERS } from '../../dist/lib/lock.stores.js';

const [file] = process.argv.slice(2);
const say = (what) => process.send(what);

let endLong;
let endBackground;

class Jobs {
  async run(id) {
    say(`run ${id}`);
    if (id === 'long') await new Promise((resolve) => (endLong = resolve));
    say(`end ${id}`);
    return `done ${id}`;
  }

  /** It goes down and still serves. */
  async beforeApplicationShutdown() {
    say(`still served: ${await get('/jobs/free/short')}`);
    void waited.then(() => endLong());
  }

  onApplicationShutdown() {
    say('server closed');
  }
}
const method = Object.getOwnPropertyDescriptor(Jobs.prototype, 'run');
Param('id')(Jobs.prototype, 'run', 0);
Param('key')(Jobs.prototype, 'run', 1);
const decorated = Reflect.decorate([Get(':key/:id'), Locked('job:<1>', { wait: '1m' })], Jobs.prototype, 'run', method);
Object.defineProperty(Jobs.prototype, 'run', decorated);
Controller('jobs')(Jobs);

class AppModule {}
Module({
  imports: [LockModule.forRoot({ backend: `sqlite:${file}`, shutdown: { wait: 1, drain: '1m' } })],
  controllers: [Jobs],
})(AppModule);

const app = await NestFactory.create(AppModule, { logger: false });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
const { port } = app.getHttpServer().address();

function get(path) {
  return new Promise((resolve, reject) => {
    http
      .get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
        let body = '';
        response.on('data', (chunk) => (body += chunk)).on('end', () => resolve(`${response.statusCode} ${body}`));
      })
      .on('error', reject);
  });
}

// One works, one will wait for it, and one works in the background.
void get('/jobs/one/long').then((reply) => say(`worked: ${reply}`));
let waited;
app
  .get(LockService)
  .using('background', () => new Promise((resolve) => (endBackground = resolve)))
  .then(() => say('background done'));

const commands = {
  async wait() {
    waited = get('/jobs/one/second').then((reply) => say(`waited: ${JSON.parse(reply.slice(4)).code}`));
    const locker = app.get(LOCKERS, { strict: false }).get('default');
    while (locker.counts().waiting === 0) await setImmediate();
    say('second waits');
  },
  async close() {
    await app.close();
    process.disconnect();
  },
  'end background': () => endBackground(),
};
process.on('message', (command) => void commands[command]());
say('ready');
