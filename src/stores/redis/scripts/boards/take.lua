-- Gives a process the oldest entries that are due, each task's in order. Answers their ids and how often they were taken before, and a
-- task that waits for a newer version, if there is one.
local now, over_at, by, most = number(), arg(), arg(), math.min(number(), 500)
local known = {}
for _ = 1, number() do known[arg()] = true end
-- Tasks looked at, and bytes given, at most.
local MOST_TASKS, MOST_BYTES = 500, 1048576

local over = {}
for _, task in ipairs(redis.call('ZRANGEBYSCORE', key('owed'), '(0', text(now), 'LIMIT', '0', text(MOST_TASKS))) do over[task] = true end
line_up_all(over, now)

-- The tasks in line, a part at a time, each by the number of its first entry, so that the first is the oldest of all. Those of which an
-- entry was given stand in `again` by the next, in that order too.
local line, in_line, seen, last, again = {}, 0, 0, '-inf', {}
local function first_of_line()
  if not line[in_line + 1] and seen < MOST_TASKS then
    line, in_line = {}, 0
    local wanted = text(math.min(most, MOST_TASKS - seen))
    local part = redis.call('ZRANGEBYSCORE', key('owed:due'), last, '+inf', 'WITHSCORES', 'LIMIT', '0', wanted)
    for i = 1, #part, 2 do line[#line + 1] = {task = part[i], n = tonumber(part[i + 1])} end
    seen = #line == 0 and MOST_TASKS or seen + #line
    if #line > 0 then last = '(' .. text(line[#line].n) end
  end
  return line[in_line + 1]
end

-- Takes the task with the oldest entry out of its line.
local function oldest()
  local first = first_of_line()
  if again[1] and (not first or again[1].n < first.n) then return table.remove(again, 1) end
  in_line = in_line + 1
  return first
end

local function come_again(head)
  local at = #again + 1
  while at > 1 and again[at - 1].n > head.n do at = at - 1 end
  table.insert(again, at, head)
end

local unknown = false
-- What follows an entry that waits, or that only a newer version can read, waits too; that version gets its turn.
local function can_be_given(task, entry)
  local taken = redis.call('HGET', key('owed:taken'), entry.id)
  local state = taken and lines(taken) or {'0', '0'}
  if tonumber(state[1]) > now then return false end
  entry.row, entry.attempts = redis.call('HGET', key('owed:rows'), entry.id), tonumber(state[2])
  if entry.row and known[lines(entry.row)[3]] then return true end
  unknown = task
  let_wait(task, over_at)
  return false
end

local given, bytes, touched = {}, 0, {}
while #given < most do
  local head = oldest()
  if not head then break end
  local task = head.task
  local entry, following = unpack(in_line_after(task, head.place, '2'))
  if entry and can_be_given(task, entry) then
    bytes = bytes + #entry.row
    if #given > 0 and bytes > MOST_BYTES then break end
    given[#given + 1] = {entry.id, text(entry.attempts)}
    take_note(entry.id, over_at, text(entry.attempts + 1), by)
    touched[task] = true
    if following then come_again({task = task, place = entry.place, n = following.n}) end
  end
end
line_up_all(touched, now)
if #given > 0 then return accepted({given, unknown}) end
return {0, given, unknown}
