import { FIND_GROUP } from './group.js';
import { LETTERS } from './letters.js';
import { script } from './script.js';

/** Lua: how often an event failed and was started again, and whether it was redriven, from the text that is kept of it. */
const PAST = `
local function pastOf(id)
  local text = redis.call('HGET', KEYS[2], id) or ''
  local failures, starts, redriven = string.match(text, '^(%d+) (%d+) (%d+)$')
  return tonumber(failures) or 0, tonumber(starts) or 0, tonumber(redriven) or 0
end
local function keep(id, failures, starts, redriven)
  if failures + starts + redriven == 0 then
    redis.call('HDEL', KEYS[2], id)
  else
    redis.call('HSET', KEYS[2], id, string.format('%d %d %d', failures, starts, redriven))
  end
end
`;

/**
 * Acknowledges what the caller still owns. KEYS: those of letterKeys. ARGV: group name on the server, consumer, the
 * number of dead letters, and per dead letter the index of its delivery below, counted from 1, when it is to be written,
 * the length of its list, and that list; then the ids of all deliveries. A dead letter is written in the same step:
 * "always"; if its type is "handled" by a member, without which the event is just acknowledged; or if its key is
 * "parked", without which nothing is done. Also keeps the cursor from which a lost group would begin again.
 * Returns the ids for which nothing was done, because the caller did not own them any more.
 */
export const SETTLE = script(`${FIND_GROUP}${LETTERS}
local letters = {}
local a = 4
for i = 1, tonumber(ARGV[3]) do
  local n = tonumber(ARGV[a + 2])
  letters[tonumber(ARGV[a])] = { when = ARGV[a + 1], list = { unpack(ARGV, a + 3, a + 2 + n) } }
  a = a + 3 + n
end
local function ends(id, letter)
  local fields = fieldsOf(letter.list)
  if letter.when == 'handled' and redis.call('HEXISTS', KEYS[7], fields.type or '') == 0 then return true end
  if letter.when == 'parked' and redis.call('HEXISTS', KEYS[6], fields.partitionkey or '') == 0 then return false end
  remember(id, letter.list)
  return true
end
local left, owned = {}, {}
for i = a, #ARGV do
  local id = ARGV[i]
  local letter = letters[i - a + 1]
  local mine = #redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1, ARGV[2]) == 1
  local list = mine and (not letter or ends(id, letter)) and owned or left
  list[#list + 1] = id
end
if #owned > 0 then
  redis.call('XACK', KEYS[1], ARGV[1], unpack(owned))
  if redis.call('EXISTS', KEYS[5]) == 1 then redis.call('HDEL', KEYS[5], unpack(owned)) end
  local pending = redis.call('XPENDING', KEYS[1], ARGV[1])
  local group = find(KEYS[1], ARGV[1])
  redis.call('HSET', KEYS[2], 'pending', pending[2] or '', 'delivered', group['last-delivered-id'])
end
return left
`);

/**
 * Remembers what became of deliveries that the caller still owns. KEYS: stream, past. ARGV: group, consumer, "failure" or
 * "start", ids. Returns the ids that are lost.
 */
export const RECORD = script(`${PAST}
local lost = {}
for i = 4, #ARGV do
  local id = ARGV[i]
  if #redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1, ARGV[2]) == 1 then
    local failures, starts, redriven = pastOf(id)
    if ARGV[3] == 'failure' then failures = failures + 1 else starts = starts + 1 end
    keep(id, failures, starts, redriven)
  else
    lost[#lost + 1] = id
  end
end
return lost
`);

/**
 * Keeps deliveries from being claimed. KEYS: stream. ARGV: group, consumer, what to do: "beat", or "again" to count one
 * more delivery; ids. Only the owner's call counts: a plain XCLAIM would take the event back from its new owner.
 * Returns the ids that are lost.
 */
export const RENEW = script(`
local lost, owned = {}, {}
for i = 4, #ARGV do
  local mine = #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2]) == 1
  local list = mine and owned or lost
  list[#list + 1] = ARGV[i]
end
if #owned > 0 then
  local call = { 'XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0 }
  for _, id in ipairs(owned) do call[#call + 1] = id end
  if ARGV[3] == 'beat' then call[#call + 1] = 'JUSTID' end
  redis.call(unpack(call))
end
return lost
`);

/**
 * Takes over deliveries whose owner has not beaten for a lease. KEYS: stream, past, group state. ARGV: group, consumer,
 * lease in ms, cursor, count, and the names of fields of the group state. Returns the next cursor, the entries as
 * (id, fields, deliveries, past), the ids whose entries are gone, and 1 when one of the fields is there.
 */
export const CLAIM = script(`
local reply = redis.call('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], 'COUNT', ARGV[5])
local entries, gone = {}, reply[3] or {}
local past = #reply[2] > 0 and redis.call('EXISTS', KEYS[2]) == 1
for _, entry in ipairs(reply[2]) do
  if entry and entry[2] then
    local pending = redis.call('XPENDING', KEYS[1], ARGV[1], entry[1], entry[1], 1)
    entries[#entries + 1] = { entry[1], entry[2], pending[1] and pending[1][4] or 1, '' }
    if past then entries[#entries][4] = redis.call('HGET', KEYS[2], entry[1]) or '' end
  end
end
if #gone > 0 then redis.call('HDEL', KEYS[2], unpack(gone)) end
local there = 0
for _, value in ipairs(#ARGV > 5 and redis.call('HMGET', KEYS[3], unpack(ARGV, 6)) or {}) do
  if value then there = 1 end
end
return { reply[1], entries, gone, there }
`);

/**
 * Reads again what the caller owns above a cursor: replies that got lost on the way. KEYS: stream, past. ARGV:
 * group, consumer, exclusive start, count. Returns the last id looked at (or an empty text at the end), and per id its
 * entry's fields, its deliveries so far and its past; without fields the entry is gone from the stream.
 */
export const OWN_HISTORY = script(`
local own = redis.call('XPENDING', KEYS[1], ARGV[1], '(' .. ARGV[3], '+', ARGV[4], ARGV[2])
local out = {}
local past = #own > 0 and redis.call('EXISTS', KEYS[2]) == 1
for i, p in ipairs(own) do
  local entry = redis.call('XRANGE', KEYS[1], p[1], p[1])
  out[i] = { p[1], entry[1] and entry[1][2] or {}, p[4], past and redis.call('HGET', KEYS[2], p[1]) or '' }
end
return { own[#own] and own[#own][1] or '', out }
`);

/**
 * Removes the names of consumers that own nothing and have not been heard of for long. KEYS: stream. ARGV: group, for
 * how long in ms. In one step, because removing a consumer removes what it owns. Returns how many were removed.
 */
export const REAP = script(`
local removed = 0
for _, c in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local info = {}
  for i = 1, #c, 2 do info[c[i]] = c[i + 1] end
  if info.pending == 0 and info.idle > tonumber(ARGV[2]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], info.name)
    removed = removed + 1
  end
end
return removed
`);

/**
 * Gives everything back that a leaving consumer owns, so that others can claim it at once, or removes its name when
 * it owns nothing. KEYS: stream, past. ARGV: group, consumer, the ids of those whose last start is taken back. Returns
 * how many were given back.
 */
export const RELEASE = script(`${PAST}
for i = 3, #ARGV do
  local id = ARGV[i]
  local failures, starts, redriven = pastOf(id)
  if starts > 0 and #redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1, ARGV[2]) == 1 then
    keep(id, failures, starts - 1, redriven)
  end
end
local released, from = 0, '-'
while true do
  local own = redis.call('XPENDING', KEYS[1], ARGV[1], from, '+', 500, ARGV[2])
  if #own == 0 then break end
  local call = { 'XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0 }
  for _, p in ipairs(own) do call[#call + 1] = p[1] end
  call[#call + 1] = 'IDLE'
  call[#call + 1] = 86400000
  call[#call + 1] = 'JUSTID'
  redis.call(unpack(call))
  released = released + #own
  from = '(' .. own[#own][1]
end
if released == 0 then redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2]) end
return released
`);
