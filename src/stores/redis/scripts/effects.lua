-- Entries get places of our own. Where something else put one in behind them, none could be added: nothing is written then.
local looked_at = {}
local function must_be_last(stream, counter)
  if looked_at[stream] then return end
  looked_at[stream] = true
  local info = redis.pcall('XINFO', 'STREAM', key(stream))
  if info.err then
    if string.find(info.err, 'no such key', 1, true) then return end
    error(info)
  end
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then
      local last = tonumber(string.match(info[i + 1], '^(%d+)'))
      local known = redis.call('HGET', seq, counter) or '0'
      if last > tonumber(known) then
        error({err = 'FOREIGN ' .. key(stream) .. ' has an entry of somebody else, ' .. info[i + 1] .. ': XDEL it, then XSETID '
          .. key(stream) .. ' ' .. known .. '-0'})
      end
      return
    end
  end
end

-- What a decision entails: read with its arguments, appended once it is made.
local function effects()
  local e = {outbox = {}, audit = {}, history = {}, events = {}}
  for i = 1, number() do e.outbox[i] = {id = arg(), task = arg(), at = arg(), shape = arg(), row = arg()} end
  for i = 1, number() do e.audit[i] = {row = arg(), mac = arg()} end
  for i = 1, number() do e.history[i] = {task = arg(), agent = arg(), mark = arg(), tag = arg(), at = arg(), row = arg()} end
  for i = 1, number() do e.events[i] = {row = arg()} end
  if #e.audit > 0 then must_be_last('audit', 'audit') end
  if #e.events > 0 then must_be_last('events', 'event') end
  return e
end

-- Writes of one kind to one name that nothing reads before they are made: they are made together, which costs the server a fraction.
local gathered, kinds = {}, {}
local function write_gathered()
  local writes = kinds
  kinds = {}
  for _, kind in ipairs(writes) do
    redis.call(unpack(gathered[kind]))
    gathered[kind] = nil
  end
end
-- More than can be put to the server as arguments of one call.
local MOST_GATHERED = 4000
local function gather(command, what, first, second)
  local kind = command .. ' ' .. what
  local write = gathered[kind]
  if not write then
    write = {command, key(what)}
    gathered[kind], kinds[#kinds + 1] = write, kind
  end
  write[#write + 1] = first
  write[#write + 1] = second
  if #write > MOST_GATHERED then write_gathered() end
end

-- Board writes wait by task. `owed:idx` has them in order; `owed` says from when on a task's first one may be taken, and is 0 for
-- those that stand in line in `owed:due`, by the number of that first one.
local function place_in_line(task, n, id) return task .. '\0' .. string.format('%016d', tonumber(n)) .. '\0' .. id end
local function owe(entries)
  if not entries[1] then return end
  local ids, new, tasks, owing, is_first = {}, {}, {}, {}, {}
  for i, entry in ipairs(entries) do ids[i] = entry.id end
  local known = redis.call('HMGET', key('owed:rows'), unpack(ids))
  for i, entry in ipairs(entries) do
    -- One may be named twice.
    if not known[i] and not owing[entry.id] then
      owing[entry.id] = true
      new[#new + 1], tasks[#tasks + 1] = entry, entry.task
    end
  end
  if not new[1] then return end
  local before = redis.call('HINCRBY', seq, 'owed', #new) - #new
  local waits = redis.call('ZMSCORE', key('owed'), unpack(tasks))
  for i, entry in ipairs(new) do
    local n, task = text(before + i), entry.task
    gather('HSET', 'owed:rows', entry.id, task .. '\n' .. n .. '\n' .. entry.shape .. '\n' .. entry.row)
    gather('ZADD', 'owed:idx', '0', place_in_line(task, n, entry.id))
    gather('ZADD', 'owed:age', entry.at, entry.id)
    if not is_first[task] then
      is_first[task] = true
      if not waits[i] then
        gather('ZADD', 'owed', '0', task)
        gather('ZADD', 'owed:due', n, task)
      end
    end
  end
end

-- Takes an entry out of the history, with all by which it is found. A tag is `s` where the task was stopped, and `d` with the
-- key of one that was deleted.
local function drop_history(n)
  local row = redis.call('HGET', key('h:rows'), n)
  if not row then return end
  local task, agent, mark, tag = unpack((lines(row)))
  redis.call('HDEL', key('h:rows'), n)
  redis.call('ZREM', key('h:order'), n)
  redis.call('ZREM', key('ht:' .. task), n)
  if agent ~= '' then
    redis.call('ZREM', key('ha:' .. agent), n)
    local newest = redis.call('ZRANGE', key('ha:' .. agent), -1, -1)[1]
    if newest then
      redis.call('ZADD', key('h:agents'), newest, agent)
    else
      redis.call('ZREM', key('h:agents'), agent)
    end
  end
  if mark ~= '' then redis.call('HDEL', key('hm:' .. task), mark) end
  if tag == 's' then redis.call('ZREM', key('hs:' .. task), n) end
  if string.sub(tag, 1, 1) == 'd' then
    redis.call('ZREM', key('hd:' .. string.sub(tag, 2)), n)
    redis.call('ZREM', key('h:deleted'), n)
  end
end

local MOST_HISTORY_OF_TASK = 200
-- `n`: its place, if it has one.
local function remember(entry, n)
  local task, mark = entry.task, entry.mark
  -- What it takes the place of has to be there.
  if mark ~= '' then write_gathered() end
  local before = mark ~= '' and redis.call('HGET', key('hm:' .. task), mark)
  -- A refused report is kept once, of progress the newest.
  if before and string.sub(mark, 1, 1) == 'r' then return end
  if before then drop_history(before) end
  n = text(n or redis.call('HINCRBY', seq, 'history', 1))
  local head = task .. '\n' .. entry.agent .. '\n' .. mark .. '\n' .. entry.tag .. '\n'
  gather('HSET', 'h:rows', n, head .. entry.row)
  gather('ZADD', 'h:order', n, n)
  redis.call('ZADD', key('ht:' .. task), n, n)
  if entry.agent ~= '' then
    redis.call('ZADD', key('ha:' .. entry.agent), n, n)
    gather('ZADD', 'h:agents', n, entry.agent)
  end
  if mark ~= '' then redis.call('HSET', key('hm:' .. task), mark, n) end
  if entry.tag == 's' then redis.call('ZADD', key('hs:' .. task), n, n) end
  if string.sub(entry.tag, 1, 1) == 'd' then
    redis.call('ZADD', key('hd:' .. string.sub(entry.tag, 2)), n, n)
    redis.call('ZADD', key('h:deleted'), entry.at, n)
  end
  local surplus = redis.call('ZCARD', key('ht:' .. task)) - MOST_HISTORY_OF_TASK
  if surplus > 0 then
    write_gathered()
    for _, old in ipairs(redis.call('ZRANGE', key('ht:' .. task), 0, surplus - 1)) do drop_history(old) end
  end
end

-- The next of so many places that a counter gives.
local function places(counter, wanted)
  if wanted == 0 then return 0 end
  return redis.call('HINCRBY', seq, counter, wanted) - wanted + 1
end

local function append(e)
  owe(e.outbox)
  local first = places('audit', #e.audit)
  for i, record in ipairs(e.audit) do
    redis.call('XADD', key('audit'), text(first + i - 1) .. '-0', 'r', record.row, 'm', record.mac)
  end
  local are_new = true
  for _, entry in ipairs(e.history) do are_new = are_new and entry.mark == '' end
  first = are_new and places('history', #e.history)
  for i, entry in ipairs(e.history) do remember(entry, first and first + i - 1) end
  first = places('event', #e.events)
  for i, event in ipairs(e.events) do
    redis.call('XADD', key('events'), text(first + i - 1) .. '-0', 'e', event.row)
  end
  write_gathered()
end
