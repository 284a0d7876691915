/** The views of the page. */
export const VIEWS = ['streams', 'events', 'dead-letters', 'projections'] as const;

export type View = (typeof VIEWS)[number];

/** What the page shows, as it stands behind the `#` of its address. */
export interface Route {
  readonly view: View;
  readonly stream?: string | undefined;
  /** Of `events` the position of the one that is open, of `dead-letters` the group. */
  readonly item?: string | undefined;
  /** Filters and the like; an empty value is none. */
  readonly query: Readonly<Record<string, string>>;
}

/** Reads a hash; whatever cannot be read is the table of streams. */
export function routeOf(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const [first, stream, item] = path.split('/').map(decoded);
  const view = VIEWS.find((name) => name === first) ?? 'streams';
  return { view, stream: stream || undefined, item: item || undefined, query: queryOf(search) };
}

/** Writes a route as a hash. */
export function hashOf({ view, stream, item, query = {} }: Partial<Route> & Pick<Route, 'view'>): string {
  const path = [view, ...(stream ? [stream, ...(item ? [item] : [])] : [])].map(encodeURIComponent).join('/');
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== '')).toString();
  return `#/${path}${search && `?${search}`}`;
}

/** One step up: from what is open to the list it stands in, from there to the streams. */
export function parentOf({ view, stream, item, query }: Route): Route {
  const { letter, ...rest } = query;
  if (letter) return { view, stream, item, query: rest };
  if (view === 'events' && item) return { view, stream, query };
  if (view === 'streams') return { view, query: {} };
  return stream ? { view: 'streams', stream, query: {} } : { view: 'streams', query: {} };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function queryOf(search: string): Record<string, string> {
  const query: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of new URLSearchParams(search)) query[name] = value;
  return query;
}
