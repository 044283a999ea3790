-- Puts a part of what was read of a board elsewhere into its picture: tasks unless a newer version is known, and those that are gone
-- unless they were read later. The last part of a reading moves the picture's age.
local board, read_at = arg(), number()
local extent = arg()
local tasks, gone = {}, {}
for i = 1, number() do tasks[i] = {id = arg(), updated_at = number(), row = arg()} end
for i = 1, number() do gone[i] = arg() end
local is_last = arg() == '1'

local of = redis.call('HGET', key('board:age'), 'board')
if of ~= board then
  if extent ~= 'whole' then return {0} end
  if of then redis.call('UNLINK', key('board:age'), key('board')) end
end
local function known(id)
  local row = redis.call('HGET', key('board'), id)
  if not row then return nil end
  local found = lines(row)
  return {updated_at = tonumber(found[1]), read_at = tonumber(found[2])}
end
for _, task in ipairs(tasks) do
  local old = known(task.id)
  if not old or old.updated_at <= task.updated_at then redis.call('HSET', key('board'), task.id, task.row) end
end
for _, id in ipairs(gone) do
  local old = known(id)
  if old and old.read_at <= read_at then redis.call('HDEL', key('board'), id) end
end
if is_last and extent ~= 'some' then
  local age = redis.call('HMGET', key('board:age'), 'read_at', 'whole_at')
  local at = math.max(read_at, tonumber(age[1] or '0'))
  redis.call('HSET', key('board:age'), 'board', board, 'read_at', text(at))
  if extent == 'whole' then
    redis.call('HSET', key('board:age'), 'whole_at', text(math.max(read_at, tonumber(age[2] or '0'))))
  end
end
return {0}
