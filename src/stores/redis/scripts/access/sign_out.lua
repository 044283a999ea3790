-- Keeps that a session has ended. Of a person with too many, all become one mark.
local person, session, ends, row, mark, most = arg(), arg(), arg(), arg(), arg(), number()
local entailed = effects()

local rows, times, own = key('signed-out'), key('signed-out:until'), key('so:' .. person)
local function keep(name, over, json)
  local field = person .. ' ' .. name
  redis.call('HSET', rows, field, over .. '\n' .. person .. '\n' .. json)
  redis.call('ZADD', times, over, field)
  redis.call('ZADD', own, over, field)
end

if redis.call('ZCARD', own) < most then
  keep(session, ends, row)
else
  local last = redis.call('ZREVRANGE', own, 0, 0, 'WITHSCORES')[2]
  for _, field in ipairs(redis.call('ZRANGE', own, 0, -1)) do
    redis.call('HDEL', rows, field)
    redis.call('ZREM', times, field)
  end
  redis.call('UNLINK', own)
  keep('', text(math.max(tonumber(ends), tonumber(last))), mark)
end
append(entailed)
return accepted({1})
