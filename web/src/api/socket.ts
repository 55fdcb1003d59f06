import type { Client, SubscribePayload } from 'graphql-ws';
import { connection } from './connection';
import { pause, waitOf } from './patience';

export interface Socket {
  /** Follows something; what it returns ends that. */
  subscribe: (payload: SubscribePayload, sink: Parameters<Client['subscribe']>[1]) => () => void;
  /** Ends it, and with it its subscriptions. */
  close: () => void;
}

/**
 * The socket of subscriptions. It connects again by itself, for ever: every subscription then begins after the cursor
 * that it was made with, so it misses nothing. Its script comes with the first subscription.
 */
export function openSocket(): Socket {
  let client: Promise<Client> | null = null;
  return {
    subscribe(payload, sink) {
      let end: (() => void) | null = null;
      let ended = false;
      client ??= connect();
      void client.then((opened) => {
        if (!ended) end = opened.subscribe(payload, sink);
      });
      return () => {
        ended = true;
        end?.();
      };
    },
    close() {
      void client?.then((opened) => opened.dispose());
      client = null;
    },
  };
}

async function connect(): Promise<Client> {
  for (let retries = 0; ; retries += 1) {
    try {
      const { makeSocketClient } = await import('./socketClient');
      return makeSocketClient();
    } catch {
      connection.saw('lost');
      await pause(waitOf(retries));
    }
  }
}
