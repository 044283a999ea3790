-- Puts tasks on the board, each with the next number: one of an id that is not there yet, or some on a board that never had any.
-- Answers whether it did, and the last number, or the row that was there.
local only_first = arg() == '1'
local tasks = {}
for i = 1, number() do tasks[i] = {id = arg(), head = arg(), rest = arg()} end
local entailed = effects()

if only_first then
  if redis.call('HEXISTS', key('marks'), 'board') == 1 then return {0, 0, false} end
else
  local known = redis.call('HGET', key('tasks'), tasks[1].id)
  if known then return {0, 0, known} end
end
redis.call('HSET', key('marks'), 'board', '1')
local n = false
for _, task in ipairs(tasks) do
  n = text(redis.call('HINCRBY', seq, 'number', 1))
  redis.call('HSET', key('tasks'), task.id, task.head .. n .. '\n' .. task.rest)
  redis.call('HSET', key('numbers'), n, task.id)
end
append(entailed)
return accepted({1, n})
