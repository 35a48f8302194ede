import { createHash } from 'node:crypto';

/**
 * Everything a Redis does for us, as one script: a batch of operations, each with its own result, so that those of one
 * tick travel together and one that fails does not take its neighbours along.
 *
 * Keys of an operation: lock, token floor, queue, waiters (`renew`: the lock alone). The lock is a plain string
 * `<first token>.<count>.<owner>`; `queue` orders the waiting processes by the server's ticket, `waiters` tells of each
 * until when it is taken for alive, how many tokens it wants, and on which channel it hears.
 *
 * First write of a release is DEL or PEXPIRE, and `renew` writes nothing else: a full server accepts them.
 */
const SOURCE = `
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local now_ms = math.floor(now_us / 1000)
local DAY_MS = 86400000
local BLOCK = '^(%d+)%.(%d+)%.(.*)$'

local function whole(number) return string.format('%.0f', number) end

local function outlive(key, ms)
  if redis.call('PTTL', key) < ms then redis.call('PEXPIRE', key, ms) end
end

local function set_floor(floor, last)
  redis.call('SET', floor, whole(last), 'PX', whole(DAY_MS + math.max(0, math.ceil(last / 1000) - now_ms)))
end

local function grant(k, owner, turns, ms)
  local floor = tonumber(redis.call('GET', KEYS[k + 1]) or 0) or 0
  local first = math.max(floor + 1, now_us)
  local value = whole(first) .. '.' .. turns .. '.' .. owner
  redis.call('SET', KEYS[k], value, 'PX', ms)
  set_floor(KEYS[k + 1], first + turns - 1)
  return value
end

local function dequeue(k, owner)
  redis.call('ZREM', KEYS[k + 2], owner)
  redis.call('HDEL', KEYS[k + 3], owner)
end

-- First of the queue that is alive; the dead before it are dropped.
local function head(k)
  while true do
    local owner = redis.call('ZRANGE', KEYS[k + 2], 0, 0)[1]
    if not owner then return nil end
    local ends, turns, channel = string.match(redis.call('HGET', KEYS[k + 3], owner) or '', BLOCK)
    if ends and tonumber(ends) > now_ms then
      return { owner = owner, ms = tonumber(ends) - now_ms, turns = turns, channel = channel }
    end
    dequeue(k, owner)
  end
end

local function tell(waiter, message)
  -- Who may not publish has waiters who look by themselves.
  if waiter.channel ~= '' then redis.pcall('PUBLISH', waiter.channel, message) end
end

-- The key is free: it goes to the head of the queue, for as long as that one would have been waited for.
local function hand_over(k)
  local waiter = head(k)
  if not waiter then return 0 end
  dequeue(k, waiter.owner)
  local value = grant(k, waiter.owner, waiter.turns, whole(waiter.ms))
  tell(waiter, 'granted ' .. whole(now_ms + waiter.ms) .. ' ' .. whole(waiter.ms) .. ' ' .. value)
  return waiter.ms
end

-- While the gap for clients that poll is open, none of ours takes the key.
local function gap_left(k, gap)
  if gap == 0 then return 0 end
  return (tonumber(redis.call('HGET', KEYS[k + 3], '') or 0) or 0) - now_ms
end

local function pass_on(k, gap)
  if gap > 0 and gap_left(k, gap) < -1000 then
    redis.call('HSET', KEYS[k + 3], '', whole(now_ms + gap))
    outlive(KEYS[k + 3], 1000 + gap)
    local waiter = head(k)
    if waiter then tell(waiter, 'look ' .. gap .. ' ' .. waiter.owner) end
  elseif gap_left(k, gap) <= 0 then
    hand_over(k)
  end
end

local function enqueue(k, owner, turns, ms, channel)
  local queue, waiters = KEYS[k + 2], KEYS[k + 3]
  if redis.call('HEXISTS', waiters, owner) == 1 then
    -- Not refused by a full server, and nor is what follows: who has a place keeps it.
    redis.call('PEXPIRE', waiters, math.max(ms, redis.call('PTTL', waiters)))
  else
    local last = redis.call('ZRANGE', queue, -1, -1, 'WITHSCORES')[2]
    redis.call('ZADD', queue, whole(math.max(now_us, tonumber(last or 0) + 1)), owner)
  end
  redis.call('HSET', waiters, owner, whole(now_ms + ms) .. '.' .. turns .. '.' .. channel)
  outlive(queue, ms)
  outlive(waiters, ms)
end

local function acquire(k, a)
  local owner, lease, turns, wait_ms = ARGV[a], ARGV[a + 1], ARGV[a + 2], tonumber(ARGV[a + 3])
  local channel, gap = ARGV[a + 4], tonumber(ARGV[a + 5])
  local value = redis.call('GET', KEYS[k])
  local remaining, is_foreign = 0, 0
  if value then
    local _, _, holder = string.match(value, BLOCK)
    if holder == owner then
      redis.call('PEXPIRE', KEYS[k], lease)
      return { 1, value }
    end
    remaining = redis.call('PTTL', KEYS[k])
    if not holder then is_foreign = 1 end
  else
    remaining = gap_left(k, gap)
    if remaining <= 0 then
      local waiter = head(k)
      if waiter and waiter.owner ~= owner then
        remaining = hand_over(k)
      else
        if waiter then dequeue(k, owner) end
        return { 1, grant(k, owner, turns, lease) }
      end
    end
  end
  if wait_ms > 0 then
    enqueue(k, owner, turns, wait_ms, channel)
    if is_foreign == 1 and head(k).owner == owner then is_foreign = 2 end
  end
  return { 0, remaining, now_ms, is_foreign }
end

-- A quorum has agreed on another block than the one that was granted here.
local function raise(k, a)
  local owner, first, count = ARGV[a], ARGV[a + 1], ARGV[a + 2]
  local _, _, holder = string.match(redis.call('GET', KEYS[k]) or '', BLOCK)
  if holder ~= owner then return { 0 } end
  redis.call('SET', KEYS[k], first .. '.' .. count .. '.' .. owner, 'KEEPTTL')
  set_floor(KEYS[k + 1], math.max(tonumber(redis.call('GET', KEYS[k + 1]) or 0) or 0, first + count - 1))
  return { 1 }
end

local function renew(k, a)
  if redis.call('GET', KEYS[k]) ~= ARGV[a] then return { 0 } end
  redis.call('PEXPIRE', KEYS[k], ARGV[a + 1])
  return { 1 }
end

local function give_back(k, value, used, keep, gap)
  if keep > 0 then
    redis.call('PEXPIRE', KEYS[k], keep)
    redis.call('SET', KEYS[k], '0.0.', 'PX', keep)
  else
    redis.call('DEL', KEYS[k])
  end
  local first, count = string.match(value, BLOCK)
  if used < tonumber(count) and first + count - 1 > now_us then set_floor(KEYS[k + 1], first + used - 1) end
  if keep == 0 then return pass_on(k, gap) end
  local waiter = head(k)
  if waiter then tell(waiter, 'look 0 ' .. waiter.owner) end
end

local function release(k, a)
  if redis.call('GET', KEYS[k]) ~= ARGV[a] then return { 0 } end
  give_back(k, ARGV[a], tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2]), tonumber(ARGV[a + 3]))
  return { 1 }
end

-- Gives back what the owner holds, or its place in the queue.
local function leave(k, a)
  local value = redis.call('GET', KEYS[k])
  local _, count, holder = string.match(value or '', BLOCK)
  dequeue(k, ARGV[a])
  if holder == ARGV[a] then give_back(k, value, tonumber(count), 0, tonumber(ARGV[a + 1])) end
  return { 1 }
end

local operations = {
  acquire = { run = acquire, keys = 4, arguments = 6 },
  raise = { run = raise, keys = 4, arguments = 3 },
  renew = { run = renew, keys = 1, arguments = 2 },
  release = { run = release, keys = 4, arguments = 4 },
  leave = { run = leave, keys = 4, arguments = 2 },
}

local replies = {}
local k, a = 1, 1
while a <= #ARGV do
  local operation = operations[ARGV[a]]
  local ok, reply = pcall(operation.run, k, a + 1)
  if not ok then reply = { -1, type(reply) == 'table' and reply.err or tostring(reply) } end
  replies[#replies + 1] = reply
  k = k + operation.keys
  a = a + 1 + operation.arguments
end
return replies
`;

/** `[1, …]` done, `[0, …]` not, `[-1, message]` the server refused a command. */
export type Reply = readonly [status: number, ...details: (string | number)[]];

/** What the script needs of a client: the same of a single server and of a cluster. */
export interface ScriptClient {
  evalsha(sha: string, keyCount: number, ...rest: (string | number)[]): Promise<unknown>;
  eval(source: string, keyCount: number, ...rest: (string | number)[]): Promise<unknown>;
}

const SHA = createHash('sha1').update(SOURCE).digest('hex');

/** Runs a batch; the server may have forgotten the script: after a restart, a failover, SCRIPT FLUSH. */
export async function runScript(
  client: ScriptClient,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<Reply[]> {
  try {
    return (await client.evalsha(SHA, keys.length, ...keys, ...args)) as Reply[];
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return (await client.eval(SOURCE, keys.length, ...keys, ...args)) as Reply[];
  }
}
