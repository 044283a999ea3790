-- Gives a process the oldest entries that are due, each task's in order. Answers their ids and how often they were taken before, and a
-- task that waits for a newer version, if there is one.
local now, over_at, by, most = number(), arg(), arg(), math.min(number(), 500)
local known = {}
for _ = 1, number() do known[arg()] = true end
-- Tasks looked at, and bytes given, at most.
local MOST_TASKS, MOST_BYTES = 500, 1048576

for _, task in ipairs(redis.call('ZRANGEBYSCORE', key('owed'), '(0', now, 'LIMIT', 0, MOST_TASKS)) do line_up(task, now) end

-- Of each task in line its next place there, and that entry's number: the smallest is the oldest of all.
local heads, unknown = {}, false
local due = redis.call('ZRANGE', key('owed:due'), 0, MOST_TASKS - 1, 'WITHSCORES')
for i = 1, #due, 2 do heads[#heads + 1] = {task = due[i], n = tonumber(due[i + 1])} end

local function oldest()
  local at = 1
  for i = 2, #heads do
    if heads[i].n < heads[at].n then at = i end
  end
  return at
end

local function place_after(task, place)
  local from = place and '(' .. place or '[' .. task .. '\0'
  return redis.call('ZRANGEBYLEX', key('owed:idx'), from, '(' .. task .. '\1', 'LIMIT', 0, 1)[1]
end

-- What follows an entry that waits, or that only a newer version can read, waits too; that version gets its turn.
local function due_at(task, place)
  local entry = {n = tonumber(string.sub(place, #task + 2, #task + 17)), id = string.sub(place, #task + 19)}
  local taken = redis.call('HGET', key('owed:taken'), entry.id)
  local state = taken and lines(taken) or {'0', '0'}
  if tonumber(state[1]) > now then return nil end
  entry.row, entry.attempts = redis.call('HGET', key('owed:rows'), entry.id), tonumber(state[2])
  if entry.row and known[lines(entry.row)[3]] then return entry end
  unknown = task
  redis.call('ZADD', key('owed'), over_at, task)
  redis.call('ZREM', key('owed:due'), task)
  return nil
end

local given, bytes, touched = {}, 0, {}
while #given < most and #heads > 0 do
  local at = oldest()
  local head = heads[at]
  local place = place_after(head.task, head.place)
  local entry = place and due_at(head.task, place)
  if not entry then
    table.remove(heads, at)
  else
    bytes = bytes + #entry.row
    if #given > 0 and bytes > MOST_BYTES then break end
    given[#given + 1] = {entry.id, text(entry.attempts)}
    take_note(entry.id, over_at, text(entry.attempts + 1), by)
    touched[head.task] = true
    local following = place_after(head.task, place)
    head.place, head.n = place, following and tonumber(string.sub(following, #head.task + 2, #head.task + 17)) or math.huge
  end
end
for task in pairs(touched) do line_up(task, now) end
if #given > 0 then return accepted({given, unknown}) end
return {0, given, unknown}
