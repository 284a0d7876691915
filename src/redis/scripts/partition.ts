import { script, type Script } from './script.js';

/** Lua: the server's time in ms. */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * Makes a script of one that only the holder of a partition's lease may run. KEYS: those of the script, and the group
 * state behind them. ARGV: those of the script, of which the second is the consumer.
 */
export function fenced({ lua }: Script): Script {
  return script(
    `if redis.call('HGET', KEYS[#KEYS], 'owner') ~= ARGV[2] then return redis.error_reply('EBLEASE lost') end\n${lua}`,
  );
}

/**
 * Reads what is new without waiting for it. KEYS: stream. ARGV: group on the server, consumer, count. Returns the
 * entries. Only within {@link fenced}: a consumer whose lease is over would take events away from the new holder.
 */
export const READ_NEW = script(`
local reply = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', ARGV[3], 'STREAMS', KEYS[1], '>')
return reply and reply[1][2] or {}
`);

/**
 * Gives a partition to a consumer of a group when nobody holds it. KEYS: stream, group state. ARGV: group, consumer,
 * lease in ms. Each lease has a name of its own on the server, and everything pending goes over to it: whoever held the
 * partition before can neither settle nor keep anything from then on.
 * Returns the name and how many of the pending entries are gone from the stream; "held" or "competing" when it cannot be had;
 * fails with NOGROUP.
 */
export const ACQUIRE = script(`${NOW}
local epoch = redis.call('HGET', KEYS[2], 'epoch') or '0'
local group = ARGV[1] .. '~' .. epoch
local lease = tonumber(ARGV[3])
local owner = redis.call('HGET', KEYS[2], 'owner')
if owner and string.match(owner, '^(.*)~') ~= ARGV[2] and tonumber(redis.call('HGET', KEYS[2], 'until') or 0) > now then
  return { 'held' }
end
local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], group)
if consumers.err then return redis.error_reply('NOGROUP ' .. consumers.err) end
for _, c in ipairs(consumers) do
  local info = {}
  for i = 1, #c, 2 do info[c[i]] = c[i + 1] end
  if not string.find(info.name, '~', 1, true) and info.idle < lease then return { 'competing' } end
end
local me = ARGV[2] .. '~' .. redis.call('HINCRBY', KEYS[2], 'lease', 1)
local others, gone, from = {}, 0, '-'
if owner then others[owner] = true end
while true do
  local pending = redis.call('XPENDING', KEYS[1], group, from, '+', 500)
  if #pending == 0 then break end
  local claim = { 'XCLAIM', KEYS[1], group, me, 0 }
  for _, p in ipairs(pending) do
    claim[#claim + 1] = p[1]
    others[p[2]] = true
  end
  claim[#claim + 1] = 'JUSTID'
  gone = gone + #pending - #redis.call(unpack(claim))
  from = '(' .. pending[#pending][1]
end
for name in pairs(others) do redis.call('XGROUP', 'DELCONSUMER', KEYS[1], group, name) end
redis.call('XGROUP', 'CREATECONSUMER', KEYS[1], group, me)
redis.call('HSET', KEYS[2], 'owner', me, 'until', string.format('%.0f', now + lease))
return { me, gone }
`);

/**
 * Takes part in the competition for a stream that is not split. KEYS: layout, group state, stream. ARGV: group on the
 * server, consumer. Whoever comes with partitions sees the name and waits. Returns the stream's number of partitions, with
 * nothing done when it is not 1; fails with BUSY while somebody holds the partition.
 */
export const COMPETE = script(`
if redis.call('HGET', KEYS[2], 'owner') then${NOW}
  if tonumber(redis.call('HGET', KEYS[2], 'until') or 0) > now then
    return redis.error_reply('BUSY a consumer of a channel with partitions reads this group in order; waiting for it')
  end
end
local partitions = redis.call('HGET', KEYS[1], 'partitions') or '1'
if partitions == '1' then redis.call('XGROUP', 'CREATECONSUMER', KEYS[3], ARGV[1], ARGV[2]) end
return partitions
`);

/** Extends a lease. KEYS: group state. ARGV: the holder's name, lease in ms. Returns 0 when it is somebody else's. */
export const EXTEND = script(`${NOW}
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + tonumber(ARGV[2])))
return 1
`);

/** Ends a lease, so that others can have the partition at once. KEYS: group state. ARGV: the holder's name. */
export const GIVE_BACK = script(`
if redis.call('HGET', KEYS[1], 'owner') == ARGV[1] then redis.call('HDEL', KEYS[1], 'owner', 'until') end
`);

/**
 * Says that a consumer lives. KEYS: members, layout. ARGV: consumer, after how many ms one that was not heard is no
 * member any more. Returns the highest number of partitions ever (an empty text when nobody wrote it down), and the
 * names of all members in order.
 */
export const BEAT = script(`${NOW}
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - tonumber(ARGV[2]))
local members = redis.call('ZRANGE', KEYS[1], 0, -1)
table.sort(members)
return { redis.call('HGET', KEYS[2], 'max') or '', members }
`);

/**
 * Remembers in a partition that a member of the group handles types, whoever reads the partition. KEYS: types of the
 * group. ARGV: the types.
 */
export const ANNOUNCE = script(`${NOW}
for _, type in ipairs(ARGV) do redis.call('HSET', KEYS[1], type, string.format('%.0f', now)) end
`);

/**
 * Writes down how many partitions a stream has, unless that is done. KEYS: layout, stream. ARGV: the number, the highest
 * number that the stream has ever had, and "first" for partition 0, where events without a layout mean one partition.
 * Returns the number and the highest one as they stand.
 */
export const ENSURE_LAYOUT = script(`
local layout = redis.call('HMGET', KEYS[1], 'partitions', 'max')
if layout[1] then return layout end
if ARGV[3] == 'first' and ARGV[1] ~= '1' and redis.call('XLEN', KEYS[2]) > 0 then return { '1', '1' } end
redis.call('HSET', KEYS[1], 'partitions', ARGV[1], 'max', ARGV[2])
return { ARGV[1], ARGV[2] }
`);

/**
 * Changes the number of partitions, in one of them. KEYS: layout, stream, then the parked keys of each group. ARGV: the
 * number, the highest number ever, "force" to do so whatever groups have open. Appends under another number are
 * refused from then on. Returns nothing, or the name of a group that has something open.
 */
export const CHANGE_LAYOUT = script(`
if ARGV[3] ~= 'force' then
  for i = 3, #KEYS do
    if redis.call('HLEN', KEYS[i]) > 0 then return string.match(KEYS[i], '[^:]*$') end
  end
  local groups = redis.pcall('XINFO', 'GROUPS', KEYS[2])
  for _, g in ipairs(groups.err and {} or groups) do
    local info = {}
    for i = 1, #g, 2 do info[g[i]] = g[i + 1] end
    local waiting = redis.call('XRANGE', KEYS[2], '(' .. info['last-delivered-id'], '+', 'COUNT', 1)
    if info.pending > 0 or #waiting > 0 then return info.name end
  end
end
redis.call('HSET', KEYS[1], 'partitions', ARGV[1], 'max', ARGV[2])
return ''
`);
