import { ENTRY_FIELD, MAX_ENTRY_LENGTH } from '../entry-format.js';
import { HASH } from './fetch.js';
import { script } from './script.js';

/**
 * Reads one entry and its hashes. KEYS: the stream, what the keys of its events' hashes begin with, and what those of their
 * personal hashes begin with. ARGV: the id of the entry. Returns nothing when there is none; else the entry and, where it
 * names an event, the event's id and those hashes that it speaks of, each as a list of names and values; 1 for one that is
 * not small.
 * Both hashes lie in the slot of the stream; their names end in the event's id, which only a name may be.
 */
export const READ_ONE = script(`${HASH}
local entry = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not entry then return {} end
local json
for i = 1, #entry[2], 2 do if entry[2][i] == '${ENTRY_FIELD}' then json = entry[2][i + 1]; break end end
if not json or #json > ${MAX_ENTRY_LENGTH} then return { entry } end
local isJson, event = pcall(cjson.decode, json)
local id = isJson and type(event) == 'table' and event.id
if type(id) ~= 'string' or #id > 128 or not string.find(id, '^[%w_.-]+$') then return { entry } end
return { entry, id, event.fields and hash(KEYS[2] .. id) or false, event.personal and hash(KEYS[3] .. id) or false }
`);
