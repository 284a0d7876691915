import { script } from './script.js';

/**
 * Hands dead events to their group again, through a claim. KEYS: stream, dead letters. ARGV: group on the server, then
 * ids of dead letters. A letter whose event is gone from the stream stays. Returns how many were handed out again.
 */
export const REDRIVE = script(`
local found = 0
for i = 2, #ARGV do
  local letter = redis.call('XRANGE', KEYS[2], ARGV[i], ARGV[i])[1]
  if letter then
    local claimed = {}
    for f = 1, #letter[2], 2 do
      if letter[2][f] == 'position' then
        claimed = redis.call('XCLAIM', KEYS[1], ARGV[1], '~redrive', 0, letter[2][f + 1], 'IDLE', 86400000, 'FORCE', 'JUSTID')
      end
    end
    if #claimed > 0 then
      redis.call('XDEL', KEYS[2], ARGV[i])
      found = found + 1
    end
  end
end
return found
`);

/**
 * Erases fields of one event. KEYS: event hash, personal hash. ARGV: field names; none means the whole personal hash.
 * Leaves a mark, so that a reader can tell erased from lost. Returns 1 when the event exists.
 */
export const ERASE = script(`
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if #ARGV == 0 then
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[2], '$erased', '1')
  return 1
end
for i, key in ipairs(KEYS) do
  if redis.call('HDEL', key, unpack(ARGV)) > 0 then redis.call('HSET', key, '$erased', '1') end
end
return 1
`);
