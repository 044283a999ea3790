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

-- claims: version, state, generation, end of the lease, agent, moment of the newest move that was known, row.
-- agents: version, task held, its generation, row. tasks: status, moved_at, dependencies, then what only others read.
-- A row is read once, of however many decisions. What is decided is found here, and written when all are made.
local rows = {agents = {}, claims = {}, tasks = {}, delivered = {}}
local function row_of(hash, id)
  local row = rows[hash][id]
  if row == nil then
    row = redis.call('HGET', key(hash), id)
    row = row and lines(row)
    rows[hash][id] = row
  end
  return row
end

-- Reads several at once.
local function look_up(hash, ids)
  if not ids[1] then return end
  local found = redis.call('HMGET', key(hash), unpack(ids))
  for i, id in ipairs(ids) do rows[hash][id] = found[i] and lines(found[i]) end
end

-- Until something is decided.
local opened = {}
local function is_open(id)
  if opened[id] == nil then
    local task = row_of('tasks', id)
    local claim = task and row_of('claims', id)
    opened[id] = (task and task[1] ~= 'done' and task[1] ~= 'cancelled'
      and not (claim and claim[2] == 'done' and tonumber(task[2]) <= tonumber(claim[6]))) and true or false
  end
  return opened[id]
end

local function is_blocked(id)
  local task = row_of('tasks', id)
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

local made = {outbox = {}, audit = {}, history = {}, events = {}}
local leases, owing_tasks = {}, {}

local function is_settled(task, before)
  if owing_tasks[task] or redis.call('ZSCORE', key('owed'), task) then return false end
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
    local task = row_of('tasks', claim.task)
    if not task or tonumber(task[2]) ~= tonumber(d.moved_at) then return false end
  end
  if d.unblocked and is_blocked(claim.task) then return false end
  if claim.live and holds_another(claim, d.now) then return false end
  return d.settled_before == '' or is_settled(claim.task, d.settled_before)
end

local function put(hash, id, row)
  rows[hash][id] = lines(row)
  gather('HSET', hash, id, row)
end

local function carry_out(d)
  opened = {}
  if d.agent then put('agents', d.agent.id, d.agent.row) end
  if d.claim then
    put('claims', d.claim.task, d.claim.row)
    leases[d.claim.task] = d.claim.watched
  end
  if d.completion then redis.call('HSET', key('done:' .. d.completion.task), d.completion.generation, d.completion.row) end
  for _, entry in ipairs(d.effects.outbox) do owing_tasks[entry.task] = true end
  for kind, entries in pairs(d.effects) do
    local all = made[kind]
    for _, entry in ipairs(entries) do all[#all + 1] = entry end
  end
end

-- Nothing is written before all that could forbid it was looked at, of whichever decision.
if number() == 1 then must_be_last('audit', 'audit') end
must_be_last('events', 'event')
local decisions, agents, claims = {}, {}, {}
for i = 1, number() do
  local choices = {}
  for at = 1, number() do choices[at] = arg() end
  -- Of most the first one stands.
  local first = choices[1] and unpacked(choices[1], decision)
  if first and first.agent then agents[#agents + 1] = first.agent.id end
  if first and first.claim then claims[#claims + 1] = first.claim.task end
  choices[1] = first
  decisions[i] = choices
end
look_up('agents', agents)
look_up('claims', claims)
look_up('tasks', claims)

local function first_of(choices)
  for at, choice in ipairs(choices) do
    local d = at == 1 and choice or unpacked(choice, decision)
    if stands(d) then
      local done = d.completion
      if done and redis.call('HEXISTS', key('done:' .. done.task), done.generation) == 1 then return -2 end
      carry_out(d)
      return at - 1
    end
  end
  return -1
end

local outcomes, is_any_made = {}, false
for i, choices in ipairs(decisions) do
  outcomes[i] = first_of(choices)
  is_any_made = is_any_made or outcomes[i] >= 0
end
for task, watched in pairs(leases) do
  if watched == '' then
    gather('ZREM', 'leases', task)
  else
    gather('ZADD', 'leases', watched, task)
  end
end
append(made)
if is_any_made then return accepted({outcomes}) end
return {0, outcomes}
