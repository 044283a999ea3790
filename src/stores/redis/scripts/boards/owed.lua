-- The outbox, for who takes from it and ends what was taken. `owed:taken`: from when on others may take an entry, how often it was
-- taken, and by whom; nothing of one that nobody took yet.
local function numbered(task, place)
  return {n = tonumber(string.sub(place, #task + 2, #task + 17)), id = string.sub(place, #task + 19), place = place}
end
-- The first entries of a task behind that place, or of all.
local function in_line_after(task, place, most)
  local from = place and '(' .. place or '[' .. task .. '\0'
  local found = redis.call('ZRANGEBYLEX', key('owed:idx'), from, '(' .. task .. '\1', 'LIMIT', '0', most)
  for i, each in ipairs(found) do found[i] = numbered(task, each) end
  return found
end

local function let_wait(task, from)
  gather('ZADD', 'owed', from, task)
  gather('ZREM', 'owed:due', task)
end

-- A task waits, or stands in line, as its first entry does.
local function line_up(task, now)
  local first = in_line_after(task, nil, '1')[1]
  if not first then
    gather('ZREM', 'owed', task)
    gather('ZREM', 'owed:due', task)
    return
  end
  local taken = redis.call('HGET', key('owed:taken'), first.id)
  local from = taken and lines(taken)[1] or '0'
  if tonumber(from) > now then return let_wait(task, from) end
  gather('ZADD', 'owed', '0', task)
  gather('ZADD', 'owed:due', text(first.n), task)
end

-- The same of several tasks.
local function line_up_all(tasks, now)
  write_gathered()
  for task in pairs(tasks) do line_up(task, now) end
  write_gathered()
end

local function take_note(id, from, attempts, by)
  gather('HSET', 'owed:taken', id, from .. '\n' .. attempts .. '\n' .. by .. '\n')
end
