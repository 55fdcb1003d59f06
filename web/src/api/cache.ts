import { cacheExchange, type Cache } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import type { Exchange } from 'urql';
import type { OrderUpdatesSubscription } from './generated/graphql';

/** What has no identity of its own is part of what holds it. */
const embedded = () => null;

/**
 * Everything with an id is kept once, so what a subscription tells of a product or an order is at once what every list
 * and page shows of it.
 */
export function normalisedCache(): Exchange {
  return cacheExchange({
    keys: {
      AcceptedToken: embedded,
      Anchor: embedded,
      Approval: embedded,
      ApproveOrderPayload: embedded,
      Attempt: embedded,
      BestSeller: embedded,
      Call: embedded,
      CallRefusal: embedded,
      CausedEvent: embedded,
      Chain: (chain) => text(chain['chainId']),
      Checkpoint: embedded,
      Delivery: embedded,
      DeliveryDetails: embedded,
      Dispute: (dispute) => text((dispute['order'] as { id?: unknown } | undefined)?.id),
      DisputeConnection: embedded,
      GasQuote: embedded,
      GasUnavailable: embedded,
      HistoryEvent: embedded,
      HistoryPage: embedded,
      Image: (image) => text(image['hash']),
      Ledger: (ledger) => text(ledger['wallet']),
      LedgerAccount: embedded,
      LocalizedText: embedded,
      Me: (me) => text(me['address']),
      OrderConnection: embedded,
      OrderCount: embedded,
      OrderLine: embedded,
      OrderUpdate: embedded,
      PageInfo: embedded,
      PayableAsset: embedded,
      PastState: embedded,
      PaymentInstructions: embedded,
      PaymentRate: embedded,
      PreparedCall: embedded,
      Price: embedded,
      PriceFeedRound: embedded,
      ProductConnection: embedded,
      ProofDocument: embedded,
      Revenue: embedded,
      Sales: embedded,
      ShopConnection: embedded,
      ShopOrderUpdate: embedded,
      StateChange: embedded,
      StockUpdate: embedded,
      TimelineEntry: (entry) => text(entry['cursor']),
      Tracking: embedded,
      UserError: embedded,
      WalletCall: embedded,
      Withdrawal: embedded,
    },
    resolvers: {
      Query: { products: relayPagination() },
      Me: { disputes: relayPagination(), orders: relayPagination() },
    },
    updates: {
      Mutation: {
        // Whatever order has been looked at: where it went is not to be read here any more either.
        eraseMyPersonalData: (_result, _args, cache) => forgetDeliveries(cache),
      },
      Subscription: {
        orderUpdates: (result, _args, cache) => appendToTimeline(result as unknown as OrderUpdatesSubscription, cache),
      },
    },
  });
}

/** The order as it is now is written by the cache itself; its history grows by one entry. */
function appendToTimeline({ orderUpdates: { order, entry } }: OrderUpdatesSubscription, cache: Cache): void {
  const parent = { __typename: 'Order', id: order.id } as const;
  const known = cache.resolve(parent, 'timeline') as string[] | null | undefined;
  const key = cache.keyOfEntity({ __typename: 'TimelineEntry', cursor: entry.cursor });
  // After a reconnection the same entries are told again.
  if (known && key !== null && !known.includes(key)) cache.link(parent, 'timeline', [...known, key]);
}

/** Orders are asked for anew, and until then not shown with what was known of them. */
function forgetDeliveries(cache: Cache): void {
  for (const { fieldKey, fieldName } of cache.inspectFields('Query')) {
    if (fieldName === 'order') {
      const order = cache.resolve('Query', fieldKey);
      if (typeof order === 'string') cache.invalidate(order, 'delivery');
    }
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
