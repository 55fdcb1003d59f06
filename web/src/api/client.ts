import { retryExchange } from '@urql/exchange-retry';
import { Client, fetchExchange, mapExchange, subscriptionExchange } from 'urql';
import { normalisedCache } from './cache';
import { takeBegun } from './begun';
import { connection } from './connection';
import { codeOf, type Fault } from './errors';
import { reconnectExchange } from './reconnectExchange';
import { openSocket } from './socket';

/** Answers of a balancer or proxy whose server is away. */
const SERVER_IS_AWAY = new Set([502, 503, 504]);

/** What another try may mend by itself. */
const PASSING = new Set<Fault>(['NETWORK', 'NOT_YET_VISIBLE']);

export interface ApiClient {
  urql: Client;
  /** Told when the server takes nobody to be signed in where someone must be. */
  onUnauthenticated: (listener: () => void) => () => void;
  /** Ends its socket, and with it its subscriptions. */
  close: () => void;
}

/** A client for as long as one wallet, or nobody, is signed in: what it has kept is for no one else. */
export function makeClient(): ApiClient {
  const socket = openSocket();
  const listeners = new Set<() => void>();
  const urql = new Client({
    url: '/graphql',
    preferGetMethod: false,
    fetchOptions: { credentials: 'same-origin' },
    fetch: watchedFetch,
    // What is shown at once from before is asked for again: stock and orders move.
    requestPolicy: 'cache-and-network',
    exchanges: [
      mapExchange({
        onResult: ({ error }) => {
          if (error && codeOf(error) === 'UNAUTHENTICATED') listeners.forEach((tell) => tell());
        },
      }),
      reconnectExchange,
      normalisedCache(),
      retryExchange({
        initialDelayMs: 500,
        maxDelayMs: 10_000,
        maxNumberAttempts: Infinity,
        retryIf: (error, operation) => operation.kind === 'query' && PASSING.has(codeOf(error)),
      }),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query, variables, operationName }) => ({
          subscribe: (sink) => ({
            unsubscribe: socket.subscribe(
              { query: query ?? '', ...(variables && { variables }), operationName: operationName ?? null },
              // What a socket can only close with is an error of the network.
              { ...sink, next: (result) => sink.next(result as Parameters<typeof sink.next>[0]) },
            ),
          }),
        }),
      }),
    ],
  });
  return {
    urql,
    onUnauthenticated: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => socket.close(),
  };
}

async function watchedFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  try {
    const response = await (takeBegun(init?.body) ?? fetch(input, init));
    connection.saw(SERVER_IS_AWAY.has(response.status) ? 'lost' : 'reached');
    return response;
  } catch (error) {
    // A question that nobody waits for any more says nothing about the server.
    if (!(error instanceof DOMException && error.name === 'AbortError')) connection.saw('lost');
    throw error;
  }
}
