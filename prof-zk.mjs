// usage: node prof-zk.mjs <host:port> ours|raw|both seconds workers
import zk from 'node-zookeeper-client';
import { Locker } from './dist/lib/core/index.js';
import { zookeeper } from './dist/lib/backends/zookeeper/index.js';
const [host, what, secs = '5', workers='1'] = process.argv.slice(2);
const W=+workers;
const locker = new Locker(zookeeper({ url: `zookeeper://${host}?session=10s` }));
const client = zk.createClient(host, { sessionTimeout: 10000, retries: 0 });
await new Promise((r) => { client.once('connected', r); client.connect(); });
const mkp = (p) => new Promise((r, j) => client.mkdirp(p, (e) => e ? j(e) : r()));
for (let i=0;i<W;i++) await mkp('/raw/k'+i);
const raw = async (i) => {
  const p = '/raw/k'+i;
  const c = new Promise((r, j) => client.create(p+'/_c_aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee-lock-', Buffer.alloc(0), zk.CreateMode.EPHEMERAL_SEQUENTIAL, (e, n) => e ? j(e) : r(n)));
  const l = new Promise((r, j) => client.getChildren(p, (e, n) => e ? j(e) : r(n)));
  const n = await c; await l;
  await new Promise((r, j) => client.remove(n, -1, (e) => e ? j(e) : r()));
};
const ours = async (i) => { const l = await locker.acquire('k'+i); await l.release(); };
const bk = zookeeper({ url: `zookeeper://${host}?session=10s` });
import { randomUUID } from 'node:crypto';
const ac = new AbortController();
const back = async (i) => { const h = await bk.acquire({ key:'b'+i, owner: randomUUID(), leaseMs: 30000, turns: 1, mode:'exclusive', mayWait:true, signal: ac.signal}); await h.release({used:1}); };

import net from 'node:net';
const sock = net.connect(+host.split(':')[1], host.split(':')[0]); sock.setNoDelay(true);
await new Promise(r=>sock.once('connect',r));
const hs=Buffer.alloc(48); hs.writeInt32BE(44,0); hs.writeInt32BE(10000,16); hs.writeInt32BE(16,28); sock.write(hs);
let pend=Buffer.alloc(0), waiting=[];
let opened; const op=new Promise(r=>opened=r);
sock.on('data',(d)=>{ pend=pend.length?Buffer.concat([pend,d]):d; while(pend.length>=4 && pend.length>=4+pend.readInt32BE(0)){ const n=4+pend.readInt32BE(0); const f=pend.subarray(0,n); pend=pend.subarray(n); if(opened){opened();opened=undefined;} else waiting.shift()(f);} });
await op;
let xid=1;
const req=(opc,path,tail)=>{ const pl=Buffer.byteLength(path); const b=Buffer.allocUnsafe(16+pl+tail.length); b.writeInt32BE(12+pl+tail.length,0); b.writeInt32BE(xid++,4); b.writeInt32BE(opc,8); b.writeInt32BE(pl,12); b.write(path,16); tail.copy(b,16+pl); return new Promise(r=>{waiting.push(r); sock.write(b);}); };
const str=(s)=>{const b=Buffer.alloc(4+s.length); b.writeInt32BE(s.length); b.write(s,4); return b;};
const i32=(n)=>{const b=Buffer.alloc(4); b.writeInt32BE(n); return b;};
const ctail=Buffer.concat([i32(0), i32(1), i32(31), str('world'), str('anyone'), i32(3)]);
const gtail=Buffer.from([0]); const dtail=i32(-1);
const floor = async (i) => { const p='/raw/k'+i; const c=req(1,p+'/_c_'+randomUUID()+'-lock-',ctail); const l=req(12,p,gtail); const f=await c; await l; const n=f.readInt32BE(20); const path=f.toString('latin1',24,24+n); const r=await req(2,path,dtail); if(r.readInt32BE(16)!==0) throw new Error('err'); };
const all = { raw, back, ours, floor };
const names = what === 'both' ? ['floor', 'raw', 'back', 'ours'] : [what];
const measure = async (n, ms) => {
  const times = []; const until = performance.now() + ms; const cpu = process.cpuUsage();
  await Promise.all(Array.from({length: W}, async (_, i) => { while (performance.now() < until) { const t = performance.now(); await all[n](i); times.push(performance.now() - t); } }));
  const { user, system } = process.cpuUsage(cpu);
  times.sort((a, b) => a - b);
  return { p50: Math.round(times[times.length >> 1] * 1000), rate: Math.round(times.length / ms * 1000), cpu: Math.round((user + system) / times.length) };
};
for (const n of names) await measure(n, 3000);
const rounds = 15;
const out = {};
for (let r = 0; r < rounds; r++) for (const n of names) (out[n] ??= []).push(await measure(n, +secs * 1000 / rounds));
for (const n of names) { const med = (k) => out[n].map((x) => x[k]).sort((a, b) => a - b)[rounds >> 1]; console.log(n, 'p50', med('p50'), 'rate', med('rate'), 'cpu µs/op', med('cpu')); }
await locker.close(); client.close(); await bk.close(); sock.destroy();
