/** How long a waiter is taken for alive after it has looked, in ms, at most. */
export const LONGEST_ALIVE_MS = 5_000;

/**
 * Everything a Redis does for us, as one script: a batch of operations, each with its own result, so that those of one
 * tick travel together and one that fails does not take its neighbours along.
 *
 * Keys of an operation: lock, token floor, queue, waiters (`renew`, `drop`: the lock alone). The lock is a plain string
 * `<first token>.<count>.<owner>`; `queue` orders the waiting processes by the server's ticket, `waiters` tells of each
 * until when it is taken for alive, how many tokens it wants, and on which channel it hears.
 *
 * First write of a release is DEL or PEXPIRE, and `renew` writes nothing else: a full server accepts them.
 */
export const SOURCE = `
local next_line = string.gmatch(ARGV[1], '([^\\n]*)\\n')
local channel, gap = next_line(), next_line()
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local DAY_MS = 86400000
local LONGEST_ALIVE_MS = ${String(LONGEST_ALIVE_MS)}
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
  if token > now_us then ms = whole(DAY_MS + math.ceil((token - now_us) / 1000)) end
  redis.call('SET', floor, whole(is_queued and -token or token), 'PX', ms)
end

local function grant(owner, turns, ms)
  local first = now_us
  if last >= first then first = last + 1 end
  value = whole(first) .. '.' .. turns .. '.' .. owner
  -- MGET finds nothing where something stands that is no string: it is not ours to replace.
  if not redis.call('SET', lock, value, 'PX', ms, 'NX') then
    error({ err = 'WRONGTYPE ' .. redis.call('TYPE', lock).ok })
  end
  set_floor(first + turns - 1)
  return value
end

-- All about waiting. Made when first needed: a script that finds nobody waiting, as most do, is a third faster for it.
local queueing
local function waiting()
  if queueing then return queueing end
  queueing = {}
  local now_ms = math.floor(now_us / 1000)

  function queueing.dequeue(owner)
    redis.call('ZREM', queue, owner)
    redis.call('HDEL', waiters, owner)
  end

  -- First of the queue that is alive; the dead before it are dropped.
  function queueing.head()
    while is_queued do
      local owner = redis.call('ZRANGE', queue, 0, 0)[1]
      if not owner then
        is_queued = false
        return nil
      end
      local ends, turns, address = string.match(redis.call('HGET', waiters, owner) or '', BLOCK)
      local ms = ends and tonumber(ends) - now_ms or 0
      if ms > 0 then
        -- Nobody is waited for longer than that: the server's clock has been set back.
        return { owner = owner, ms = math.min(ms, LONGEST_ALIVE_MS), turns = turns, address = address }
      end
      queueing.dequeue(owner)
    end
  end

  function queueing.tell(waiter, message)
    -- Who may not publish has waiters who look by themselves.
    if waiter.address ~= '' then redis.pcall('PUBLISH', waiter.address, message) end
  end

  function queueing.ask_to_look(in_ms)
    local waiter = queueing.head()
    if waiter then queueing.tell(waiter, 'look ' .. in_ms .. ' ' .. waiter.owner) end
  end

  -- The key is free: it goes to the head of the queue, for as long as that one would have been waited for.
  function queueing.hand_over()
    local waiter = queueing.head()
    if not waiter then return 0 end
    queueing.dequeue(waiter.owner)
    grant(waiter.owner, waiter.turns, whole(waiter.ms))
    queueing.tell(waiter, 'granted ' .. whole(now_us) .. ' ' .. whole(waiter.ms) .. ' ' .. value)
    return waiter.ms
  end

  -- While the gap for clients that poll is open, none of ours takes the key.
  function queueing.gap_left()
    local left = (tonumber(redis.call('HGET', waiters, '') or 0) or 0) - now_ms
    -- No gap is as long: the server's clock has been set back.
    if left > tonumber(gap) then return -math.huge end
    return left
  end

  local function outlive(key, ms)
    if redis.call('PTTL', key) < ms then redis.call('PEXPIRE', key, ms) end
  end

  local function set_gap_end(ends)
    redis.call('HSET', waiters, '', whole(ends))
    outlive(waiters, 1000 + gap)
  end

  -- Ours have the key again: from the first time on a gap is due within a second. One that nobody has for long needs none.
  function queueing.note_demand()
    if redis.call('HEXISTS', waiters, '') == 0 then set_gap_end(now_ms) end
  end

  -- From a turn at the begin of a gap to one at the end of the next is a second; at most half of the time is gaps.
  function queueing.open_gap()
    if queueing.gap_left() > -math.max(gap, 1000 - 2 * gap) then return false end
    set_gap_end(now_ms + gap)
    queueing.ask_to_look(gap)
    return true
  end

  function queueing.enqueue(owner, turns, ms)
    if redis.call('ZSCORE', queue, owner) then
      -- Not refused by a full server, and nor is what follows: who has a place keeps it.
      redis.call('PEXPIRE', queue, math.max(ms, redis.call('PTTL', queue)))
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

  -- Who was not granted waits, if it wants to.
  function queueing.refuse(owner, turns, alive_ms, remaining, is_foreign)
    local is_head = false
    if alive_ms ~= '0' then
      queueing.enqueue(owner, turns, tonumber(alive_ms))
      local first = queueing.head()
      is_head = first and first.owner == owner
    end
    return '0 ' .. remaining .. ' ' .. whole(now_us) .. ' ' .. (is_foreign and is_head and 1 or 0)
  end

  return queueing
end

local operations = {}

function operations.acquire(k, owner, lease, turns, alive_ms)
  read(k)
  if value then
    local _, _, holder = string.match(value, BLOCK)
    if holder ~= owner then
      return waiting().refuse(owner, turns, alive_ms, redis.call('PTTL', lock), not holder)
    end
    redis.call('PEXPIRE', lock, lease)
    return '1 ' .. value
  end
  if gap ~= '0' then
    local left = waiting().gap_left()
    if left > 0 then return queueing.refuse(owner, turns, alive_ms, left, false) end
  end
  local waiter = is_queued and waiting().head()
  if waiter and waiter.owner ~= owner then
    return queueing.refuse(owner, turns, alive_ms, queueing.hand_over(), false)
  end
  if waiter then queueing.dequeue(owner) end
  grant(owner, turns, lease)
  if gap ~= '0' then queueing.note_demand() end
  return '1 ' .. value
end

-- A quorum has agreed on another block than the one that was granted here.
function operations.raise(k, owner, first, count)
  read(k)
  local _, _, holder = string.match(value or '', BLOCK)
  if holder ~= owner then return '0' end
  redis.call('SET', lock, first .. '.' .. count .. '.' .. owner, 'KEEPTTL')
  set_floor(math.max(last, first + count - 1))
  return '1'
end

function operations.renew(k, held, lease)
  if redis.call('MGET', KEYS[k])[1] ~= held then return '0' end
  redis.call('PEXPIRE', KEYS[k], lease)
  return '1'
end

function operations.release(k, held, used, keep)
  read(k)
  if value ~= held then return '0' end
  if keep == '0' then
    redis.call('DEL', lock)
  else
    redis.call('PEXPIRE', lock, keep)
    redis.call('SET', lock, '0.0.', 'PX', keep)
  end
  -- Tokens that were not handed out are given back where they would outrun the clock.
  if last > now_us then
    local first, count = string.match(value, BLOCK)
    if used + 0 < count + 0 then set_floor(first + used - 1) end
  end
  if keep ~= '0' then
    if is_queued then waiting().ask_to_look(0) end
  elseif gap == '0' or not waiting().open_gap() then
    if is_queued then waiting().hand_over() end
  end
  return '1'
end

-- A release that needs no other key, and tells nobody.
function operations.drop(k, held, keep)
  if redis.call('GET', KEYS[k]) ~= held then return '0' end
  if keep == '0' then redis.call('DEL', KEYS[k]) else redis.call('PEXPIRE', KEYS[k], keep) end
  return '1'
end

-- Gives back what the owner holds, or its place in the queue.
function operations.leave(k, owner, used)
  read(k)
  if is_queued then waiting().dequeue(owner) end
  local _, count, holder = string.match(value or '', BLOCK)
  if holder == owner then return operations.release(k, value, used == '' and count or used, '0') end
  -- Nobody else wakes the next one, if a client of another kind holds the key: it must know that it is the head now.
  if is_queued and not holder then waiting().ask_to_look(0) end
  return '1'
end

local replies, k = {}, 1
for name in next_line do
  local ok, reply = pcall(operations[name], k, next_line(), next_line(), next_line(), next_line())
  if not ok then
    -- Redis 6 says in front of it where in the script it happened.
    local said = string.gsub(type(reply) == 'table' and reply.err or tostring(reply), '^@?user_script: ?%d+: %-?', '')
    -- This server is a replica, and has done nothing: the driver is to know.
    if string.find(said, '^READONLY') then return redis.error_reply(said) end
    reply = '- ' .. said
  end
  replies[#replies + 1] = reply
  k = k + ((name == 'renew' or name == 'drop') and 1 or 4)
end
return replies
`;
