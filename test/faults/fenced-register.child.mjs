// A process that adds to two registers in a database: one that only the lock guards, and one that the fence guards too.
// What a write depends on is read before it, so that a process can be stopped in between. Started by the spec of this name.
import { setTimeout as pause } from 'node:timers/promises';
import { isLockError, Locker } from 'nestjs-locked/core';
import { guard } from 'nestjs-locked/fencing';
import { fencedTransaction, typeorm } from 'nestjs-locked/typeorm';
import { DataSource } from 'typeorm';

const [type, lockUrl, url, seconds] = process.argv.slice(2);
const locks = new Locker(typeorm({ url: lockUrl }), { lease: 150, wait: '60s', handOver: false });
const dataSource = await new DataSource({ type, url }).initialize();
const outcome = { grants: 0, plain: 0, fenced: 0, refused: 0, lost: 0, unknown: 0 };

const read = async (manager, table) => Number((await manager.query(`SELECT n FROM ${table}`))[0].n);
const write = (manager, table, n) => manager.query(`UPDATE ${table} SET n = ${n}`);

async function affectedRows(manager, sql, params) {
  const answer = await manager.query(sql, params);
  return type === 'postgres' ? (answer[1] ?? 0) : answer.affectedRows;
}

async function turn(lease) {
  outcome.grants++;
  const plain = await read(dataSource, 'plain_register');
  const fenced = await fencedTransaction(dataSource, lease, (manager) => read(manager, 'fenced_register'));
  await pause(60);
  await write(dataSource, 'plain_register', plain + 1);
  outcome.plain++;
  // As a service does that was sent the token and cannot ask the lease: nothing but the fence refuses it.
  const { storeKey, token, backend } = lease;
  await dataSource.transaction(async (manager) => {
    await guard({ storeKey, token, backend }, (sql, params) => affectedRows(manager, sql, params), { engine: type });
    await write(manager, 'fenced_register', fenced + 1);
  });
  outcome.fenced++;
}

const end = performance.now() + Number(seconds) * 1000;
while (performance.now() < end) {
  try {
    await locks.using('register', { onLost: 'return' }, turn);
  } catch (error) {
    if (error.code === 'LOCK_STALE_TOKEN') outcome.refused++;
    else if (error.code === 'LOCK_LOST') outcome.lost++;
    // A connection that the server has ended because its process stood still: whether it had committed nobody knows.
    else if (!isLockError(error) || error.code === 'LOCK_BACKEND') outcome.unknown++;
    else throw error;
  }
}
await locks.close();
await dataSource.destroy();
process.stdout.write(JSON.stringify(outcome));
