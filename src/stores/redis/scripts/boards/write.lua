-- Applies owed writes in order. One counts if it comes after every earlier one; a move also yields to a person's later one.
-- Answers for each 1, 2 where the person's stands, or 0 where there is no such task.
local now = number()
local writes = {}
for i = 1, number() do
  writes[i] = {task = arg(), n = number(), status = arg(), known = arg(), at = number(), comment = arg(), row = arg()}
end

-- A task: status, moved_at, dependencies, number, written, updated_at, JSON.
local tasks = {}
for _, write in ipairs(writes) do
  if tasks[write.task] == nil then
    local row = redis.call('HGET', key('tasks'), write.task)
    if row then
      local head, from = lines(row)
      tasks[write.task] = {head = head, json = string.sub(row, from)}
    else
      tasks[write.task] = false
    end
  end
end

-- One that was decided before versions of moves were kept knows only when that was.
local function is_superseded(write, moved_at)
  if write.status == '' then return false end
  if write.known == '' then return moved_at >= write.at end
  return moved_at > tonumber(write.known)
end

local outcomes, wrote = {}, 0
for i, write in ipairs(writes) do
  local task = tasks[write.task]
  if not task then
    outcomes[i] = 0
  elseif is_superseded(write, tonumber(task.head[2])) then
    outcomes[i] = 2
  else
    outcomes[i] = 1
    local head = task.head
    if tonumber(head[5]) < write.n then
      if write.comment ~= '' then redis.call('HSETNX', key('c:' .. write.task), write.comment, write.row) end
      if write.status ~= '' then head[1] = write.status end
      head[5] = text(write.n)
      head[6] = text(math.max(tonumber(head[6]) + 1, now))
      task.is_changed, wrote = true, 1
    end
  end
end
for id, task in pairs(tasks) do
  if task and task.is_changed then
    redis.call('HSET', key('tasks'), id, table.concat(task.head, '\n') .. '\n' .. task.json)
  end
end
if wrote == 1 then return accepted({outcomes}) end
return {0, outcomes}
