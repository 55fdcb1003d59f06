import { type Client, createClient } from 'graphql-ws';
import { connection } from './connection';

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;

/**
 * The socket of subscriptions. It connects again by itself, for ever: every subscription then begins after the cursor
 * that it was made with, so it misses nothing.
 */
export function openSocket(): Client {
  return createClient({
    url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql/ws`,
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: (retries) =>
      pause(Math.min(FIRST_RETRY_MS * 2 ** retries, LONGEST_RETRY_MS) * (0.5 + Math.random() / 2)),
    // Open a while longer than its last subscription: the next page mostly has one too.
    lazyCloseTimeout: 5_000,
    keepAlive: 20_000,
    on: {
      connected: () => connection.saw('reached'),
      closed: (event) => {
        // 1000 is our own goodbye.
        if (!(event instanceof CloseEvent && event.wasClean && event.code === 1000)) connection.saw('lost');
      },
    },
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
