-- Puts a session's row in the place of the one that was read; answers whether that was still there. Beyond the most that are kept of a
-- person, the oldest tombstones become a mark, and of the others the longest unused are dropped.
local digest, is_there, known, row = arg(), arg() == '1', arg(), arg()
local person, issued, version, ends = arg(), arg(), arg(), arg()
local is_ended, most, mark = arg() == '1', number(), arg()
local entailed, older = effects(), effects()

local sessions, marks = key('sessions'), key('session-marks')
local found = redis.call('HGET', sessions, digest)
if (found and not is_there) or (is_there and found ~= known) then return {0, 0} end

-- Of a person: su all by when they were made, se the ended ones by that, ss the others by when they last changed, the newest first.
local function drop(name)
  local row = redis.call('HGET', sessions, name)
  local who = row and lines(row)[2]
  for _, set in ipairs(who and {'su:', 'se:', 'ss:'} or {}) do redis.call('ZREM', key(set .. who), name) end
  redis.call('HDEL', sessions, name)
  redis.call('ZREM', key('sessions:until'), name)
end

local function condense(newest)
  local made = tonumber(redis.call('ZSCORE', key('se:' .. person), newest))
  local over = tonumber(redis.call('ZSCORE', key('sessions:until'), newest))
  local before = redis.call('HGET', marks, person)
  before = before and lines(before) or {'0', '0'}
  local made_before = text(math.max(made + 1, tonumber(before[1])))
  over = text(math.max(over + 1, tonumber(before[2])))
  redis.call('HSET', marks, person, made_before .. '\n' .. over .. '\n' .. mark)
  redis.call('ZADD', key('session-marks:until'), over, person)
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', key('su:' .. person), '-inf', text(made))) do drop(name) end
  append(older)
end

drop(digest)
redis.call('HSET', sessions, digest, row)
redis.call('ZADD', key('sessions:until'), ends, digest)
redis.call('ZADD', key('su:' .. person), issued, digest)
if is_ended then
  redis.call('ZADD', key('se:' .. person), issued, digest)
else
  redis.call('ZADD', key('ss:' .. person), text(-tonumber(version)), digest)
end
append(entailed)
if is_ended then
  local newest = redis.call('ZREVRANGE', key('se:' .. person), most, most)[1]
  if newest then condense(newest) end
elseif not is_there then
  for _, name in ipairs(redis.call('ZRANGE', key('ss:' .. person), most, -1)) do drop(name) end
end
return accepted({1})
