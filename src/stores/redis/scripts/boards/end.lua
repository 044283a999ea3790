-- Notes how deliveries ended. One counts as long as nobody took the entry since: how often it was taken says so.
local MOST_FAILED = 1000
local ended = {}
for i = 1, number() do
  ended[i] = {id = arg(), task = arg(), n = arg(), attempts = arg(), how = arg(), at = arg(), words = arg()}
end
local entailed = effects()

local over = {}
local function counts(e)
  local taken = not over[e.id] and redis.call('HGET', key('owed:taken'), e.id)
  return taken and lines(taken)[2] == e.attempts
end

-- What the board was brought to, and what it does not take, is said of a task that has a claim.
local function tell(e)
  if redis.call('HEXISTS', key('claims'), e.task) == 0 then return end
  if e.how == 'failed' then redis.call('HSET', key('rejected'), e.task, e.words) end
  if e.how == 'moved' then
    redis.call('HSET', key('delivered'), e.task, e.words .. '\n' .. e.at .. '\n')
    redis.call('HDEL', key('rejected'), e.task)
  end
end

local function leave(e)
  over[e.id] = true
  redis.call('HDEL', key('owed:taken'), e.id)
  redis.call('ZREM', key('owed:age'), e.id)
  redis.call('ZREM', key('owed:idx'), place_in_line(e.task, e.n, e.id))
  if e.how == 'failed' then
    redis.call('ZADD', key('owed:failed'), e.n, e.id)
    redis.call('HSET', key('owed:reasons'), e.id, e.words)
  else
    redis.call('HDEL', key('owed:rows'), e.id)
  end
  tell(e)
end

local touched = {}
for _, e in ipairs(ended) do
  if counts(e) then
    touched[e.task] = true
    if e.how == 'retry' then take_note(e.id, e.at, e.attempts, '') else leave(e) end
  end
end
for task in pairs(touched) do line_up(task, 0) end
local surplus = redis.call('ZCARD', key('owed:failed')) - MOST_FAILED
if surplus > 0 then
  for _, id in ipairs(redis.call('ZRANGE', key('owed:failed'), 0, surplus - 1)) do
    redis.call('ZREM', key('owed:failed'), id)
    redis.call('HDEL', key('owed:rows'), id)
    redis.call('HDEL', key('owed:reasons'), id)
  end
end
append(entailed)
return accepted({})
