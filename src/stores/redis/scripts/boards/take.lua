-- Gives a process the oldest entries that are due, each task's in order. Answers their ids, rows and how often they were taken before,
-- and a task that waits for a newer version, if there is one.
local now, over_at, by, most = number(), arg(), arg(), math.min(number(), 500)
local known = {}
for _ = 1, number() do known[arg()] = true end
-- Tasks looked at, and bytes given, at most.
local MOST_TASKS, MOST_BYTES = 500, 1048576

for _, task in ipairs(redis.call('ZRANGEBYSCORE', key('owed'), '(0', now, 'LIMIT', 0, MOST_TASKS)) do line_up(task, now) end

local unknown = false
-- What follows an entry that waits, or that only a newer version can read, waits too.
local function due_of(task)
  local found, ids, line = {}, {}, first_in_line(task, most)
  for i, entry in ipairs(line) do ids[i] = entry.id end
  if #ids == 0 then return found end
  local rows = redis.call('HMGET', key('owed:rows'), unpack(ids))
  local taken = redis.call('HMGET', key('owed:taken'), unpack(ids))
  for i, entry in ipairs(line) do
    local state = taken[i] and lines(taken[i]) or {'0', '0'}
    if tonumber(state[1]) > now then return found end
    if not rows[i] or not known[lines(rows[i])[3]] then
      unknown = task
      return found
    end
    entry.task, entry.row, entry.attempts = task, rows[i], tonumber(state[2])
    found[i] = entry
  end
  return found
end

local found, tasks = {}, 0
for _, task in ipairs(redis.call('ZRANGE', key('owed:due'), 0, MOST_TASKS - 1)) do
  if tasks >= most then break end
  local of_task = due_of(task)
  if #of_task > 0 then tasks = tasks + 1 end
  for _, entry in ipairs(of_task) do found[#found + 1] = entry end
end
table.sort(found, function(one, other) return one.n < other.n end)

local given, bytes, touched = {}, 0, {}
for _, entry in ipairs(found) do
  bytes = bytes + #entry.row
  if #given == most or (#given > 0 and bytes > MOST_BYTES) then break end
  given[#given + 1] = {entry.id, entry.row, text(entry.attempts)}
  take_note(entry.id, over_at, text(entry.attempts + 1), by)
  touched[entry.task] = true
end
for task in pairs(touched) do line_up(task, now) end
return {0, given, unknown}
