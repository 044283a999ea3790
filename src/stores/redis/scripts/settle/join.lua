-- A process says what it knows of a server that is new to it. Answers whether all others have settled with that server, the epoch then, its
-- name, the place of the last decision it had when the first process came, its newest link of the audit log then, and its clock.
local by, is_new, position, generation, event, now = arg(), arg() == '1', number(), number(), number(), arg()
local others = {}
for i = 1, number() do others[i] = arg() end

local settle = key('settle')
local joined = redis.call('HGET', settle, 'replid')
if ARGV[2] ~= '' and known[1] then
  -- Servers that do not say who they are have the name that the first process gave to them which came over a new connection.
  if joined and joined ~= known[2] then
    replid = joined
  elseif not is_new then
    replid = known[2]
  end
end
local write = tonumber(known[3] or '0')
local time = redis.call('TIME')
local clock = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function noted() return redis.call('HMGET', settle, 'position', 'linked') end

if not known[1] then
  -- Whoever knows of decisions does not begin on a server without any.
  if position > 0 then return {-2} end
  known = {text(math.max(tonumber(time[1]), generation) + 1), replid}
  redis.call('HSET', seq, 'epoch', known[1], 'replid', replid)
end
if known[2] == replid then
  if generation >= tonumber(known[1]) then
    known[1] = text(generation + 1)
    redis.call('HSET', seq, 'epoch', known[1])
  end
  local before = joined == replid and noted() or {}
  return {0, 1, known[1], replid, tonumber(before[1] or write), before[2] or '', clock, write}
end
if joined ~= replid then
  redis.call('UNLINK', settle)
  redis.call('HSET', settle, 'replid', replid, 'position', text(write), 'linked', redis.call('HGET', seq, 'linked') or '')
  for _, other in ipairs(others) do redis.call('HSET', settle, 'at:' .. other, '') end
end
redis.call('HSET', settle, 'at:' .. by, '')
local function raise(name, to)
  local before = redis.call('HGET', settle, name)
  if not before or tonumber(before) < to then redis.call('HSET', settle, name, text(to)) end
end
raise('generation', generation)
-- What is put back before all have settled is told behind all that anybody has heard.
local last = tonumber(redis.call('HGET', seq, 'event') or '0')
if joined ~= replid or last < event + 1000000 then
  redis.call('HSET', seq, 'event', text(math.max(last, event) + 1000000))
end
if now ~= '' then raise('offset', tonumber(now) - clock) end
local before = noted()
return {0, 0, known[1], replid, tonumber(before[1]), before[2], clock, write}
