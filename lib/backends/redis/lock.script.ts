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
local channel, gap = ARGV[1], tonumber(ARGV[2])
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local now_ms = math.floor(now_us / 1000)
local DAY_MS = 86400000
local BLOCK = '^(%d+)%.(%d+)%.(.*)$'

-- Of the operation that runs: its keys, and what was found under the first two.
local lock, floor, queue, waiters
local value, last, is_queued

local function whole(number) return string.format('%.0f', number) end

local function read(k)
  lock, floor, queue, waiters = KEYS[k], KEYS[k + 1], KEYS[k + 2], KEYS[k + 3]
  local found = redis.call('MGET', lock, floor)
  value, last = found[1], tonumber(found[2] or 0) or 0
  is_queued = last < 0
  if is_queued then last = -last end
end

-- The floor outlives its last token by a day, on the server's clock. It is negative while somebody may be queued: so
-- nobody has to ask the queue where there is none.
local function set_floor(token)
  last = token
  local ms = DAY_MS
  if token > now_us then ms = whole(DAY_MS + math.ceil(token / 1000) - now_ms) end
  redis.call('SET', floor, whole(is_queued and -token or token), 'PX', ms)
end

local function grant(owner, turns, ms)
  local first = now_us
  if last >= first then first = last + 1 end
  value = whole(first) .. '.' .. turns .. '.' .. owner
  redis.call('SET', lock, value, 'PX', ms)
  set_floor(first + turns - 1)
  return value
end

local function dequeue(owner)
  redis.call('ZREM', queue, owner)
  redis.call('HDEL', waiters, owner)
end

-- First of the queue that is alive; the dead before it are dropped.
local function head()
  while is_queued do
    local owner = redis.call('ZRANGE', queue, 0, 0)[1]
    if not owner then
      is_queued = false
      return nil
    end
    local ends, turns, address = string.match(redis.call('HGET', waiters, owner) or '', BLOCK)
    if ends and tonumber(ends) > now_ms then
      return { owner = owner, ms = tonumber(ends) - now_ms, turns = turns, address = address }
    end
    dequeue(owner)
  end
end

local function tell(waiter, message)
  -- Who may not publish has waiters who look by themselves.
  if waiter.address ~= '' then redis.pcall('PUBLISH', waiter.address, message) end
end

-- The key is free: it goes to the head of the queue, for as long as that one would have been waited for.
local function hand_over()
  local waiter = head()
  if not waiter then return 0 end
  dequeue(waiter.owner)
  grant(waiter.owner, waiter.turns, whole(waiter.ms))
  tell(waiter, 'granted ' .. whole(now_ms + waiter.ms) .. ' ' .. whole(waiter.ms) .. ' ' .. value)
  return waiter.ms
end

-- While the gap for clients that poll is open, none of ours takes the key.
local function gap_left()
  if gap == 0 then return 0 end
  return (tonumber(redis.call('HGET', waiters, '') or 0) or 0) - now_ms
end

local function outlive(key, ms)
  if redis.call('PTTL', key) < ms then redis.call('PEXPIRE', key, ms) end
end

local function pass_on()
  local left = gap_left()
  if gap > 0 and left < -1000 then
    redis.call('HSET', waiters, '', whole(now_ms + gap))
    outlive(waiters, 1000 + gap)
    local waiter = head()
    if waiter then tell(waiter, 'look ' .. gap .. ' ' .. waiter.owner) end
  elseif left <= 0 then
    hand_over()
  end
end

local function enqueue(owner, turns, ms)
  if redis.call('HEXISTS', waiters, owner) == 1 then
    -- Not refused by a full server, and nor is what follows: who has a place keeps it.
    redis.call('PEXPIRE', waiters, math.max(ms, redis.call('PTTL', waiters)))
  else
    local tail = redis.call('ZRANGE', queue, -1, -1, 'WITHSCORES')[2]
    redis.call('ZADD', queue, whole(math.max(now_us, tonumber(tail or 0) + 1)), owner)
  end
  redis.call('HSET', waiters, owner, whole(now_ms + ms) .. '.' .. turns .. '.' .. channel)
  outlive(queue, ms)
  outlive(waiters, ms)
  if not is_queued then
    is_queued = true
    set_floor(math.max(last, 1))
  end
end

local function acquire(k, owner, lease, turns, alive_ms)
  read(k)
  local remaining, is_foreign = 0, 0
  if value then
    local _, _, holder = string.match(value, BLOCK)
    if holder == owner then
      redis.call('PEXPIRE', lock, lease)
      return { 1, value }
    end
    remaining = redis.call('PTTL', lock)
    if not holder then is_foreign = 1 end
  else
    remaining = gap_left()
    if remaining <= 0 then
      local waiter = head()
      if waiter and waiter.owner ~= owner then
        remaining = hand_over()
      else
        if waiter then dequeue(owner) end
        return { 1, grant(owner, turns, lease) }
      end
    end
  end
  if alive_ms ~= '0' then
    enqueue(owner, turns, tonumber(alive_ms))
    if is_foreign == 1 and head().owner == owner then is_foreign = 2 end
  end
  return { 0, remaining, now_ms, is_foreign }
end

-- A quorum has agreed on another block than the one that was granted here.
local function raise(k, owner, first, count)
  read(k)
  local _, _, holder = string.match(value or '', BLOCK)
  if holder ~= owner then return { 0 } end
  redis.call('SET', lock, first .. '.' .. count .. '.' .. owner, 'KEEPTTL')
  set_floor(math.max(last, first + count - 1))
  return { 1 }
end

local function renew(k, held, lease)
  if redis.call('GET', KEYS[k]) ~= held then return { 0 } end
  redis.call('PEXPIRE', KEYS[k], lease)
  return { 1 }
end

local function give_back(used, keep)
  if keep ~= '0' then
    redis.call('PEXPIRE', lock, keep)
    redis.call('SET', lock, '0.0.', 'PX', keep)
  else
    redis.call('DEL', lock)
  end
  -- Tokens that were not handed out are given back where they would outrun the clock.
  if last > now_us then
    local first, count = string.match(value, BLOCK)
    if used < tonumber(count) then set_floor(first + used - 1) end
  end
  if keep == '0' then return pass_on() end
  local waiter = head()
  if waiter then tell(waiter, 'look 0 ' .. waiter.owner) end
end

local function release(k, held, used, keep)
  read(k)
  if value ~= held then return { 0 } end
  give_back(tonumber(used), keep)
  return { 1 }
end

-- Gives back what the owner holds, or its place in the queue.
local function leave(k, owner)
  read(k)
  local _, count, holder = string.match(value or '', BLOCK)
  if is_queued then dequeue(owner) end
  if holder == owner then give_back(tonumber(count), '0') end
  return { 1 }
end

local operations = { acquire = acquire, raise = raise, renew = renew, release = release, leave = leave }
local replies, k = {}, 1
for a = 3, #ARGV, 5 do
  local ok, reply = pcall(operations[ARGV[a]], k, ARGV[a + 1], ARGV[a + 2], ARGV[a + 3], ARGV[a + 4])
  if not ok then reply = { -1, type(reply) == 'table' and reply.err or tostring(reply) } end
  replies[#replies + 1] = reply
  k = k + (ARGV[a] == 'renew' and 1 or 4)
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
