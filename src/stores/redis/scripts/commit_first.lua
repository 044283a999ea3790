-- Decisions that go together, one after the other. Of each the first of its choices whose conditions all hold is carried out. Answers
-- which, counted from 0; -1: none held; -2: it would complete a claim again.
local function decision()
  local d = {}
  if arg() == '1' then d.agent = {id = arg(), version = number(), row = arg()} end
  if arg() == '1' then
    d.claim = {task = arg(), version = number(), agent = arg(), live = arg() == '1', watched = arg(), row = arg()}
  end
  d.now, d.moved_at, d.unblocked, d.settled_before = number(), arg(), arg() == '1', arg()
  if arg() == '1' then d.completion = {task = arg(), generation = arg(), row = arg()} end
  d.effects = effects()
  return d
end

local function row_of(hash, id)
  local row = redis.call('HGET', key(hash), id)
  return row and lines(row)
end

-- claims: version, state, generation, end of the lease, agent, moment of the newest move that was known, row.
-- agents: version, task held, its generation, row. tasks: status, moved_at, dependencies, then what only others read.
-- Of the board nothing is written here, so that a task is read once, of however many decisions.
local tasks = {}
local function task_of(id)
  if tasks[id] == nil then tasks[id] = row_of('tasks', id) or false end
  return tasks[id]
end

-- A row is read once, of however many choices it decides, until one of them is carried out.
local opened = {}
local function is_open(id)
  if opened[id] == nil then
    local task = task_of(id)
    local claim = task and row_of('claims', id)
    opened[id] = (task and task[1] ~= 'done' and task[1] ~= 'cancelled'
      and not (claim and claim[2] == 'done' and tonumber(task[2]) <= tonumber(claim[6]))) and true or false
  end
  return opened[id]
end

local function is_blocked(id)
  local task = task_of(id)
  for dependency in string.gmatch(task and task[3] or '', '[^\t]+') do
    if is_open(dependency) then return true end
  end
  return false
end

local function holds_another(claim, now)
  local agent = row_of('agents', claim.agent)
  if not agent or agent[2] == '' or agent[2] == claim.task then return false end
  local other = row_of('claims', agent[2])
  return other and other[2] == 'live' and tonumber(other[4]) > now and other[3] == agent[3] and other[5] == claim.agent
end

local function is_settled(task, before)
  if redis.call('ZSCORE', key('owed'), task) then return false end
  local delivered = row_of('delivered', task)
  return not delivered or tonumber(delivered[2]) < tonumber(before)
end

local function stands(d)
  if d.agent then
    local known = row_of('agents', d.agent.id)
    if tonumber(known and known[1] or 0) ~= d.agent.version - 1 then return false end
  end
  local claim = d.claim
  if not claim then return true end
  local known = row_of('claims', claim.task)
  if tonumber(known and known[1] or 0) ~= claim.version - 1 then return false end
  if d.moved_at ~= '' then
    local task = task_of(claim.task)
    if not task or tonumber(task[2]) ~= tonumber(d.moved_at) then return false end
  end
  if d.unblocked and is_blocked(claim.task) then return false end
  if claim.live and holds_another(claim, d.now) then return false end
  return d.settled_before == '' or is_settled(claim.task, d.settled_before)
end

local function carry_out(d)
  opened = {}
  if d.agent then redis.call('HSET', key('agents'), d.agent.id, d.agent.row) end
  if d.claim then
    redis.call('HSET', key('claims'), d.claim.task, d.claim.row)
    if d.claim.watched == '' then
      redis.call('ZREM', key('leases'), d.claim.task)
    else
      redis.call('ZADD', key('leases'), d.claim.watched, d.claim.task)
    end
  end
  if d.completion then redis.call('HSET', key('done:' .. d.completion.task), d.completion.generation, d.completion.row) end
  entail(d.effects)
end

-- Nothing is written before all that could forbid it was looked at, of whichever decision.
if number() == 1 then must_be_last('audit', 'audit') end
must_be_last('events', 'event')
local decisions = {}
for i = 1, number() do
  local choices = {}
  for at = 1, number() do choices[at] = arg() end
  decisions[i] = choices
end

local function first_of(choices)
  for at, packed in ipairs(choices) do
    local d = unpacked(packed, decision)
    if stands(d) then
      local done = d.completion
      if done and redis.call('HEXISTS', key('done:' .. done.task), done.generation) == 1 then return -2 end
      carry_out(d)
      return at - 1
    end
  end
  return -1
end

local outcomes, made = {}, false
for i, choices in ipairs(decisions) do
  outcomes[i] = first_of(choices)
  made = made or outcomes[i] >= 0
end
write_gathered()
if made then return accepted({outcomes}) end
return {0, outcomes}
