-- The outbox, for who takes from it and ends what was taken. `owed:taken`: from when on others may take an entry, how often it was
-- taken, and by whom; nothing of one that nobody took yet.
local function first_in_line(task, most)
  local found = {}
  local range = {'[' .. task .. '\0', '(' .. task .. '\1'}
  for i, place in ipairs(redis.call('ZRANGEBYLEX', key('owed:idx'), range[1], range[2], 'LIMIT', 0, most)) do
    found[i] = {n = tonumber(string.sub(place, #task + 2, #task + 17)), id = string.sub(place, #task + 19)}
  end
  return found
end

-- A task waits, or stands in line, as its first entry does.
local function line_up(task, now)
  local first = first_in_line(task, 1)[1]
  if not first then
    redis.call('ZREM', key('owed'), task)
    redis.call('ZREM', key('owed:due'), task)
    return
  end
  local taken = redis.call('HGET', key('owed:taken'), first.id)
  local from = taken and lines(taken)[1] or '0'
  if tonumber(from) <= now then
    redis.call('ZADD', key('owed'), 0, task)
    redis.call('ZADD', key('owed:due'), first.n, task)
  else
    redis.call('ZADD', key('owed'), from, task)
    redis.call('ZREM', key('owed:due'), task)
  end
end

local function take_note(id, from, attempts, by)
  redis.call('HSET', key('owed:taken'), id, from .. '\n' .. attempts .. '\n' .. by .. '\n')
end
