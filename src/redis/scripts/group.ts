import { script } from './script.js';

/** Lua: finds a group of a stream by its name on the server. */
export const FIND_GROUP = `
local function infoOf(flat)
  local info = {}
  for i = 1, #flat, 2 do info[flat[i]] = flat[i + 1] end
  return info
end
local function find(stream, name)
  local groups = redis.pcall('XINFO', 'GROUPS', stream)
  if groups.err then
    if string.find(groups.err, 'no such key', 1, true) then return nil end
    return groups
  end
  for _, g in ipairs(groups) do
    local info = infoOf(g)
    if info.name == name then return info end
  end
end
`;

/** Lua: the id before an id, and whether one id is lower than another, exactly: a number has no room for 64 bits. */
export const IDS = `
local function parts(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return ms, seq
end
local function before(id)
  local ms, seq = parts(id)
  if seq ~= '0' then return ms .. '-' .. string.format('%.0f', tonumber(seq) - 1) end
  if ms == '0' then return '0-0' end
  return string.format('%.0f', tonumber(ms) - 1) .. '-18446744073709551615'
end
local function less(a, b)
  if #a ~= #b then return #a < #b end
  return a < b
end
local function lower(a, b)
  local ams, aseq = parts(a)
  local bms, bseq = parts(b)
  if ams ~= bms then return less(ams, bms) end
  return less(aseq, bseq)
end
`;

/**
 * Makes sure that a group exists. KEYS: stream, group state. ARGV: group; "0" or "$" for a new one; the last id handed
 * out and the lowest id not settled as far as the caller knows, or empty texts.
 * A group that is gone although it was there begins again where it surely had not been yet; on a stream that is gone,
 * too, at its beginning. Returns its name on the server, what was done (exists, created, recreated), the id behind
 * which it goes on, the stream's last id, and the last id that the group had finished when a reset moved it back.
 */
export const ENSURE_GROUP = script(`${IDS}${FIND_GROUP}
local epoch = redis.call('HGET', KEYS[2], 'epoch') or '0'
local name = ARGV[1] .. '~' .. epoch
local last = '0-0'
local info = redis.pcall('XINFO', 'STREAM', KEYS[1])
if not info.err then
  for i = 1, #info, 2 do if info[i] == 'last-generated-id' then last = info[i + 1] end end
end
local group = find(KEYS[1], name)
if group and group.err then return redis.error_reply(group.err) end
local replays = redis.call('HGET', KEYS[2], 'replays') or ''
if group then return { name, 'exists', group['last-delivered-id'], last, replays } end
local done = 'created'
local from = ARGV[2] == '$' and last or '0-0'
local delivered = redis.call('HGET', KEYS[2], 'delivered')
local pending = redis.call('HGET', KEYS[2], 'pending')
if not delivered and ARGV[3] ~= '' then delivered, pending = ARGV[3], ARGV[4] end
if delivered then
  done = 'recreated'
  from = (pending and pending ~= '') and before(pending) or delivered
  if lower(last, from) then from = '0-0' end
end
redis.call('XGROUP', 'CREATE', KEYS[1], name, from, 'MKSTREAM')
redis.call('HSET', KEYS[2], 'epoch', epoch, 'delivered', from, 'pending', '')
if done == 'created' then redis.call('HSET', KEYS[2], 'began', from) end
return { name, done, from, last, replays }
`);

/**
 * Moves a group by giving it a new epoch. KEYS: stream, group state, past, parked keys. ARGV: group, "0", "$" or an id to
 * begin behind. What the group remembered about events is forgotten, and no key is parked any more. Consumers of the old
 * epoch find no group any more: they can neither read nor acknowledge. Keeps the last id up to which all was finished
 * in any epoch; one that was not handed anything has finished nothing.
 */
export const RESET_GROUP = script(`${IDS}${FIND_GROUP}
local function state(field)
  return redis.call('HGET', KEYS[2], field)
end
local epoch, began, replays = state('epoch') or '0', state('began') or '0-0', state('replays') or '0-0'
local old = ARGV[1] .. '~' .. epoch
local next = string.format('%.0f', tonumber(epoch) + 1)
local finished, open = state('delivered') or '0-0', state('pending')
local group = find(KEYS[1], old)
if group and not group.err then
  finished, open = group['last-delivered-id'], redis.call('XPENDING', KEYS[1], old)[2]
end
if open and open ~= '' then finished = before(open) end
if lower(began, finished) and lower(replays, finished) then redis.call('HSET', KEYS[2], 'replays', finished) end
redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1] .. '~' .. next, ARGV[2], 'MKSTREAM')
local from = find(KEYS[1], ARGV[1] .. '~' .. next)['last-delivered-id']
redis.call('HSET', KEYS[2], 'epoch', next, 'pending', '', 'delivered', from, 'began', from)
redis.call('XGROUP', 'DESTROY', KEYS[1], old)
redis.call('UNLINK', KEYS[3], KEYS[4])
return next
`);
