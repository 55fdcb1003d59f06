/** All types of events, by what they happen to, in the order in which they usually do. */
export const EVENT_TYPES = {
  Order: [
    'OrderPlaced',
    'OrderPaid',
    'OrderPaymentReverted',
    'OrderApproved',
    'OrderRejected',
    'OrderCancelled',
    'OrderExpired',
    'OrderShipped',
    'DeliveryConfirmed',
    'OrderCompleted',
    'OrderRefunded',
  ],
  Payment: [
    'PaymentRequested',
    'AttemptReported',
    'AttemptFailed',
    'PaymentDetected',
    'PaymentConfirmed',
    'PaymentReverted',
    'PaymentExpired',
    'FundsReleased',
    'FundsRefunded',
    'DisputeOpened',
    'ReleaseReverted',
    'RefundReverted',
    'DisputeReverted',
  ],
  Inventory: ['StockReceived', 'StockAdjusted', 'StockReserved', 'ReservationReleased', 'ReservationCommitted'],
  Product: [
    'ProductListed',
    'ProductRevised',
    'PriceChanged',
    'ImageChanged',
    'LowStockMarkChanged',
    'ProductPublished',
    'ProductUnpublished',
  ],
  Shop: ['ShopOpened', 'ShopRevised', 'PayoutAddressChanged'],
  Payout: ['FundsWithdrawn', 'WithdrawalReverted'],
} as const;

export type StreamKind = keyof typeof EVENT_TYPES;

/** What a stream is of; null for what this page does not know. */
export function kindOf(stream: string): StreamKind | null {
  const [kind = ''] = stream.split(':');
  return kind in EVENT_TYPES ? (kind as StreamKind) : null;
}

/** A stream's own id. */
export const idOf = (stream: string) => stream.slice(stream.indexOf(':') + 1);
