/** What a page asks first is asked before its scripts are there (src/start.ts), and taken from here when they are. */
interface Begun {
  response: Promise<Response>;
  at: number;
}

declare global {
  /** By the body of the request; for the scripts of this page alone. */
  var gageBegun: Map<string, Begun> | undefined;
}

/** An answer that nobody has taken by then says nothing of now. */
const FRESH_MS = 10_000;

/** Asks the API. */
export function begin(body: string): void {
  const headers = { 'content-type': 'application/json', accept: 'application/graphql-response+json, application/json' };
  const response = fetch('/graphql', { method: 'POST', credentials: 'same-origin', headers, body });
  // Who takes it hears of it.
  response.catch(() => undefined);
  globalThis.gageBegun ??= new Map();
  globalThis.gageBegun.set(body, { response, at: performance.now() });
}

/** The answer to a question that was asked before, once. */
export function takeBegun(body: unknown): Promise<Response> | undefined {
  if (typeof body !== 'string') return undefined;
  const begun = globalThis.gageBegun?.get(body);
  globalThis.gageBegun?.delete(body);
  return begun && performance.now() - begun.at < FRESH_MS ? begun.response : undefined;
}
