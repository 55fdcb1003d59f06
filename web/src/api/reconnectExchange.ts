import type { Exchange, Operation } from 'urql';
import { pipe, tap } from 'wonka';
import { connection } from './connection';

/** Asks every question that is on the page again when the server is back. */
export const reconnectExchange: Exchange = ({ client, forward }) => {
  const shown = new Map<number, Operation>();
  connection.onReturn(() => {
    for (const operation of shown.values()) {
      client.reexecuteOperation(
        client.createRequestOperation('query', operation, { requestPolicy: 'cache-and-network' }),
      );
    }
  });
  return (operations) =>
    forward(
      pipe(
        operations,
        tap((operation) => {
          if (operation.kind === 'query') shown.set(operation.key, operation);
          if (operation.kind === 'teardown') shown.delete(operation.key);
        }),
      ),
    );
};
