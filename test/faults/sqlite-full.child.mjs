// Takes new keys until the store refuses, and says how many were granted. Its files may not grow: the disk is full for it.
import { sqlite } from 'nestjs-locked/typeorm';

const backend = sqlite({ file: process.argv[2] });
const { signal } = new AbortController();
const granted = [];
let error;
for (let i = 0; i < 5_000 && error === undefined; i++) {
  const request = { key: `key ${i}`, owner: `owner ${i}`, leaseMs: 600_000, turns: 1, mode: 'exclusive', signal };
  try {
    await backend.acquire(request);
    granted.push(request.key);
  } catch (thrown) {
    error = { code: thrown.code, outcome: thrown.outcome, transient: thrown.transient };
  }
}
console.log(JSON.stringify({ granted, error }));
