import type { DeliveryInput, UserErrorFragment } from '@/api/generated/graphql';

/** What is typed of where an order goes. It lives as long as the page, and is stored nowhere. */
export interface Draft {
  recipient: string;
  contact: string;
  postalCode: string;
  address: string;
  addressDetail: string;
  note: string;
}

export type DraftField = keyof Draft;

export const EMPTY: Draft = {
  recipient: '',
  contact: '',
  postalCode: '',
  address: '',
  addressDetail: '',
  note: '',
};

/** The most characters of each, as the API takes them. */
export const LIMITS: Record<DraftField, number> = {
  recipient: 100,
  contact: 100,
  postalCode: 16,
  address: 200,
  addressDetail: 200,
  note: 200,
};

const NEEDED: readonly DraftField[] = ['recipient', 'contact', 'address'];

/** What has to be filled in before an order can go anywhere, in the order of the form. */
export function missing(draft: Draft): readonly DraftField[] {
  return NEEDED.filter((field) => draft[field].trim() === '');
}

/** As the API takes it. */
export function deliveryInput(draft: Draft): DeliveryInput {
  const perhaps = (text: string) => (text.trim() === '' ? null : text.trim());
  return {
    recipient: draft.recipient.trim(),
    contact: draft.contact.trim(),
    address: draft.address.trim(),
    addressDetail: perhaps(draft.addressDetail),
    postalCode: perhaps(draft.postalCode),
    note: perhaps(draft.note),
  };
}

/** What the API refused of it. */
export function refusedFields(refused: readonly UserErrorFragment[]): readonly DraftField[] {
  return refused
    .filter(({ field }) => field[0] === 'delivery')
    .map(({ field }) => field[1])
    .filter((name): name is DraftField => name !== undefined && name in EMPTY);
}
