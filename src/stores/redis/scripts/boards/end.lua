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

-- What the board was brought to, and what it does not take, is said of a task that has a claim: by the last that says so.
local has_claim, rejected = {}, {}
local function tell(e)
  if e.how ~= 'failed' and e.how ~= 'moved' then return end
  if has_claim[e.task] == nil then has_claim[e.task] = redis.call('HEXISTS', key('claims'), e.task) == 1 end
  if not has_claim[e.task] then return end
  rejected[e.task] = e.how == 'failed' and e.words
  if e.how == 'moved' then gather('HSET', 'delivered', e.task, e.words .. '\n' .. e.at .. '\n') end
end

local function leave(e)
  over[e.id] = true
  gather('HDEL', 'owed:taken', e.id)
  gather('ZREM', 'owed:age', e.id)
  gather('ZREM', 'owed:idx', place_in_line(e.task, e.n, e.id))
  if e.how == 'failed' then
    gather('ZADD', 'owed:failed', e.n, e.id)
    gather('HSET', 'owed:reasons', e.id, e.words)
  else
    gather('HDEL', 'owed:rows', e.id)
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
for task, words in pairs(rejected) do
  if words then gather('HSET', 'rejected', task, words) else gather('HDEL', 'rejected', task) end
end
line_up_all(touched, 0)
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
