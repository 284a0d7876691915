import { FIND_GROUP } from './group.js';
import { script } from './script.js';

/**
 * Acknowledges what the caller still owns. KEYS: stream, group state, dead letters. ARGV: group name on the server,
 * consumer, the number of dead letters, and per dead letter the index of its delivery below, counted from 1, the
 * length of its list, and that list; then the ids of all deliveries. A dead letter is written in the same step.
 * Also keeps the cursor from which a lost group would begin again.
 * Returns the ids that the caller did not own any more; for those nothing was done.
 */
export const SETTLE = script(`${FIND_GROUP}
local letters = {}
local a = 4
for i = 1, tonumber(ARGV[3]) do
  local n = tonumber(ARGV[a + 1])
  letters[tonumber(ARGV[a])] = { a + 2, a + 1 + n }
  a = a + 2 + n
end
local lost, owned = {}, {}
for i = a, #ARGV do
  local id = ARGV[i]
  if #redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1, ARGV[2]) == 1 then
    local letter = letters[i - a + 1]
    if letter then redis.call('XADD', KEYS[3], '*', unpack(ARGV, letter[1], letter[2])) end
    owned[#owned + 1] = id
  else
    lost[#lost + 1] = id
  end
end
if #owned > 0 then
  redis.call('XACK', KEYS[1], ARGV[1], unpack(owned))
  local pending = redis.call('XPENDING', KEYS[1], ARGV[1])
  local group = find(KEYS[1], ARGV[1])
  redis.call('HSET', KEYS[2], 'pending', pending[2] or '', 'delivered', group['last-delivered-id'])
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
 * Takes over deliveries whose owner has not beaten for a lease. KEYS: stream. ARGV: group, consumer, lease in ms,
 * cursor, count. Returns the next cursor, the entries as (id, fields, deliveries), and the ids whose entries are gone.
 */
export const CLAIM = script(`
local reply = redis.call('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], 'COUNT', ARGV[5])
local entries, gone = {}, reply[3] or {}
for _, entry in ipairs(reply[2]) do
  if entry and entry[2] then
    local pending = redis.call('XPENDING', KEYS[1], ARGV[1], entry[1], entry[1], 1)
    entries[#entries + 1] = { entry[1], entry[2], pending[1] and pending[1][4] or 1 }
  end
end
return { reply[1], entries, gone }
`);

/**
 * Reads again what the caller owns above a cursor: replies that got lost on the way. KEYS: stream. ARGV: group,
 * consumer, exclusive start, count. Returns the last id looked at (or an empty text at the end), and per id its entry's
 * fields and its deliveries so far; without fields the entry is gone from the stream.
 */
export const OWN_HISTORY = script(`
local own = redis.call('XPENDING', KEYS[1], ARGV[1], '(' .. ARGV[3], '+', ARGV[4], ARGV[2])
local out = {}
for i, p in ipairs(own) do
  local entry = redis.call('XRANGE', KEYS[1], p[1], p[1])
  out[i] = { p[1], entry[1] and entry[1][2] or {}, p[4] }
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
 * it owns nothing. KEYS: stream. ARGV: group, consumer. Returns how many were given back.
 */
export const RELEASE = script(`
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
