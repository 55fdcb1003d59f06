import { type Client, createClient } from 'graphql-ws';
import { connection } from './connection';
import { pause, waitOf } from './patience';

/** A client that connects with its first subscription. */
export function makeSocketClient(): Client {
  return createClient({
    url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql/ws`,
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: (retries) => pause(waitOf(retries)),
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
