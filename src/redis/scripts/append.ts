import { INDEX_MEMBER } from './key-index.js';
import { script, type Script } from './script.js';

/**
 * Lua: begins to index appends by key, and indexes one. The index holds one stretch of the stream, `from` an entry to the `last`
 * one; when somebody has appended behind it without indexing, a new stretch begins.
 */
const BEGIN_INDEX = `${INDEX_MEMBER}
local tip = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local goesOn = tip and redis.call('HGET', KEYS[3], 'last') == tip[1]
-- Says whether it can be written before anything is.
local function try(ofKey) redis.call('ZADD', ofKey, 'XX', 0, '') end
local first, last
local function index(ofKey, id)
  redis.call('ZADD', ofKey, 0, member(id))
  first = first or id
  last = id
end
`;

/** Lua: writes down how far the index goes. */
const END_INDEX = `
if last then redis.call('HSET', KEYS[3], 'last', last) end
if last and not goesOn then redis.call('HSET', KEYS[3], 'from', first) end`;

/**
 * Appends events, each once. KEYS: stream, its layout; per event its hash and, where it has them, its personal hash,
 * its staged hash and its staged personal hash. ARGV: the name of the entry's field; how many partitions the caller
 * knows of; the number of shapes, and per shape how many plain and personal fields it has, and their names; the number
 * of events, and per event twice the number of its shape (plus 1 when its fields are staged), its entry and, unless
 * they are staged, the values of its fields.
 * Returns per event its position, with "=" before it when the event was stored already. Writes nothing at all when
 * a staged hash is not there as it was sent, or the stream has another number of partitions.
 */
export const APPEND = appendScript(false);

/**
 * Appends as {@link APPEND} does, and indexes by key. KEYS besides: behind the layout the hash of the index, and behind each
 * event's hash the sorted set of its key.
 */
export const APPEND_INDEXED = appendScript(true);

/**
 * Appends one event as {@link APPEND} does, for a third less of the server's time. KEYS: stream, its layout, the event's hash and,
 * where it has one, its personal hash. ARGV: the name of the entry's field; how many partitions the caller knows of; the
 * entry; how many plain fields there are; names and values of the plain fields, then of the personal ones. Returns a list
 * of one.
 */
export const APPEND_ONE = appendOneScript(false);

/**
 * Appends as {@link APPEND_ONE} does, and indexes by key. KEYS besides: the hash of the index and the sorted set of the key,
 * both before the event's hash.
 */
export const APPEND_ONE_INDEXED = appendOneScript(true);

/**
 * Makes the hashes into which the fields of large events go, each with a time to live before there is anything in it.
 * KEYS: the hashes. ARGV: for how long in ms. Short enough to be sent by its text.
 */
export const STAGE = script(
  "for _, k in ipairs(KEYS) do redis.call('HSET', k, '$position', '') redis.call('PEXPIRE', k, ARGV[1]) end",
);

function appendScript(indexed: boolean): Script {
  const also = (lua: string) => (indexed ? lua : '');
  return script(`
local partitions = redis.call('HGET', KEYS[2], 'partitions') or '1'
if partitions ~= ARGV[2] then return redis.error_reply('EBLAYOUT ' .. partitions) end
local a = 3
local shapes = {}
for i = 1, tonumber(ARGV[a]) do
  local plain, personal = tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2])
  shapes[i] = { plain = plain, personal = personal, names = a + 2 }
  a = a + 2 + plain + personal
end
a = a + 1
${also(BEGIN_INDEX)}
local events, k = {}, ${indexed ? 3 : 2}
for i = 1, tonumber(ARGV[a]) do
  local code = tonumber(ARGV[a + 1])
  local staged = code % 2 == 1
  local e = { shape = shapes[math.floor(code / 2)], entry = ARGV[a + 2], values = a + 2 }
  k = k + 1
  e.key = KEYS[k]
  ${also('k = k + 1; e.ofKey = KEYS[k]; try(e.ofKey)')}
  if e.shape.personal > 0 then k = k + 1; e.personal = KEYS[k] end
  if staged then
    if e.shape.plain > 0 then k = k + 1; e.staged = KEYS[k] end
    if e.shape.personal > 0 then k = k + 1; e.stagedPersonal = KEYS[k] end
    a = a + 2
  else
    a = a + 2 + e.shape.plain + e.shape.personal
  end
  e.known = redis.call('HGET', e.key, '$position')
  if not e.known and
    (e.staged and redis.call('HLEN', e.staged) ~= e.shape.plain + 1 or
      e.stagedPersonal and redis.call('HLEN', e.stagedPersonal) ~= e.shape.personal + 1) then
    return redis.error_reply('EBSTAGED fields are gone')
  end
  events[i] = e
end
local positions, seen = {}, {}
for i, e in ipairs(events) do
  local known = e.known or seen[e.key]
  if known then
    if e.staged then redis.call('UNLINK', e.staged) end
    if e.stagedPersonal then redis.call('UNLINK', e.stagedPersonal) end
    positions[i] = '=' .. known
  else
    local id = redis.call('XADD', KEYS[1], '*', ARGV[1], e.entry)
    ${also('index(e.ofKey, id)')}
    if e.staged then redis.call('RENAME', e.staged, e.key); redis.call('PERSIST', e.key) end
    if e.stagedPersonal then
      redis.call('RENAME', e.stagedPersonal, e.personal)
      redis.call('PERSIST', e.personal)
      redis.call('HDEL', e.personal, '$position')
    end
    local shape = e.shape
    local set = { 'HSET', e.key, '$position', id }
    if e.staged or e.stagedPersonal then
      redis.call(unpack(set))
    else
      for f = 1, shape.plain do set[3 + 2 * f] = ARGV[shape.names + f]; set[4 + 2 * f] = ARGV[e.values + f] end
      redis.call(unpack(set))
      if e.personal then
        set = { 'HSET', e.personal }
        for f = 1, shape.personal do
          set[1 + 2 * f] = ARGV[shape.names + shape.plain + f]
          set[2 + 2 * f] = ARGV[e.values + shape.plain + f]
        end
        redis.call(unpack(set))
      end
    end
    positions[i] = id
    seen[e.key] = id
  end
end
${also(END_INDEX)}
return positions
`);
}

function appendOneScript(indexed: boolean): Script {
  const also = (lua: string) => (indexed ? lua : '');
  const [event, personal] = indexed ? [5, 6] : [3, 4];
  return script(`
local partitions = redis.call('HGET', KEYS[2], 'partitions') or '1'
if partitions ~= ARGV[2] then return redis.error_reply('EBLAYOUT ' .. partitions) end
local known = redis.call('HGET', KEYS[${event}], '$position')
if known then return { '=' .. known } end
${also(`${BEGIN_INDEX}try(KEYS[4])`)}
local id = redis.call('XADD', KEYS[1], '*', ARGV[1], ARGV[3])
${also(`index(KEYS[4], id)${END_INDEX}`)}
local personal = 5 + 2 * ARGV[4]
redis.call('HSET', KEYS[${event}], '$position', id, unpack(ARGV, 5, personal - 1))
if KEYS[${personal}] then redis.call('HSET', KEYS[${personal}], unpack(ARGV, personal)) end
return { id }
`);
}
