import type { HistoryFilter } from './generated/graphql';

export const FIELDS = ['type', 'stream', 'actor', 'correlation', 'from', 'until'] as const;
export type Field = (typeof FIELDS)[number];

/** What is looked for, as it is typed and as it stands in the page's address; empty for what is not asked. */
export type Filters = Readonly<Record<Field, string>>;

export const NOTHING: Filters = { type: '', stream: '', actor: '', correlation: '', from: '', until: '' };

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const ADDRESS = /^0x[0-9a-f]{40}$/i;
/** `Type:id`, or an id of the API, which is base64url. */
const STREAM = /^(?:(?:Order|Payment|Inventory|Product|Shop|Payout):\S+|[\w-]{8,}={0,2})$/i;

export function readFilters(params: URLSearchParams): Filters {
  return Object.fromEntries(FIELDS.map((field) => [field, params.get(field) ?? ''])) as Record<Field, string>;
}

/** Only what is asked, for the page's address. */
export function written(filters: Filters): Record<string, string> {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value.trim() !== ''));
}

/** Which fields cannot be what they are meant to be. */
export function problems(filters: Filters): Field[] {
  const { stream, actor, correlation, from, until } = trimmed(filters);
  const wrong: Field[] = [];
  if (stream !== '' && !STREAM.test(stream)) wrong.push('stream');
  if (actor !== '' && !ADDRESS.test(actor) && !/^(?:wallet:0x[0-9a-f]{40}|system:[\w-]+)$/i.test(actor)) {
    wrong.push('actor');
  }
  if (correlation !== '' && !UUID.test(correlation)) wrong.push('correlation');
  for (const field of ['from', 'until'] as const) {
    const value = field === 'from' ? from : until;
    if (value !== '' && Number.isNaN(Date.parse(value))) wrong.push(field);
  }
  return wrong;
}

/** The question to the API. Times are typed in the reader's own clock. */
export function asked(filters: Filters, shop: string | null): HistoryFilter {
  const { type, stream, actor, correlation, from, until } = trimmed(filters);
  // An id names the thing, with what belongs to it; `Type:id` the stream alone.
  const scope = stream !== '' ? { stream, related: !stream.includes(':') } : shop !== null ? { shop } : {};
  return {
    ...scope,
    ...(type !== '' && { types: [type] }),
    ...(actor !== '' && { actor: ADDRESS.test(actor) ? `wallet:${actor}` : actor }),
    ...(correlation !== '' && { correlationId: correlation }),
    ...(from !== '' && { from: new Date(from).toISOString() }),
    ...(until !== '' && { until: new Date(until).toISOString() }),
  };
}

function trimmed(filters: Filters): Filters {
  return Object.fromEntries(Object.entries(filters).map(([field, value]) => [field, value.trim()])) as Record<
    Field,
    string
  >;
}

/** A position as an audit prints it (`771-42`), as the API takes it; null for what is none. */
export function cursorOf(position: string): string | null {
  if (!/^\d{1,19}-\d{1,19}$/.test(position)) return null;
  return btoa(position).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
