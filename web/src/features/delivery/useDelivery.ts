import { useState } from 'react';
import type { DeliveryInput, UserErrorFragment } from '@/api/generated/graphql';
import { deliveryInput, type Draft, type DraftField, EMPTY, missing, refusedFields } from './draft';

export type Wanted = 'delivery' | 'nothing';

export interface DeliveryForm {
  wanted: Wanted;
  want: (wanted: Wanted) => void;
  draft: Draft;
  type: (field: DraftField, text: string) => void;
  /** What has to be filled in, once somebody tried to order without it. */
  missing: readonly DraftField[];
  /** What the shop did not take. */
  refused: readonly DraftField[];
  /** Where the order goes, null for nowhere; undefined when something is missing, which is told from then on. */
  take: () => DeliveryInput | null | undefined;
}

/** Where an order is to go, while it is typed. */
export function useDelivery(refused: readonly UserErrorFragment[]): DeliveryForm {
  const [wanted, want] = useState<Wanted>('delivery');
  const [draft, setDraft] = useState(EMPTY);
  const [tried, setTried] = useState(false);
  return {
    wanted,
    want,
    draft,
    type: (field, text) => setDraft((before) => ({ ...before, [field]: text })),
    missing: tried ? missing(draft) : [],
    refused: refusedFields(refused),
    take: () => {
      if (wanted === 'nothing') return null;
      setTried(true);
      return missing(draft).length === 0 ? deliveryInput(draft) : undefined;
    },
  };
}
