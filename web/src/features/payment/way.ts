import { ApiFault } from '@/api/errors';
import type { PaymentInstructionsFragment } from '@/api/generated/graphql';
import { refusalOf } from '@/features/wallet/refusal';

/**
 * How a payment goes on with a wallet: `together` sends the approval and the payment as one (EIP-5792), `permit` has a
 * signature in place of the approval (EIP-2612), `approve` sends the approval alone, `pay` the payment.
 */
export type Way = 'together' | 'permit' | 'approve' | 'pay';

type Instructions = Pick<PaymentInstructionsFragment, 'approval' | 'permit'>;

/** The way with the fewest prompts, of those that nothing stood in the way of. */
export function wayToPay({ approval, permit }: Instructions, batches: boolean, closed: ReadonlySet<Way>): Way {
  if (!approval) return 'pay';
  if (batches && !closed.has('together')) return 'together';
  if (permit !== null && !closed.has('permit')) return 'permit';
  return 'approve';
}

/** Whether what went wrong will go wrong again on this way: the wallet cannot, or will not, go it. */
export function closes(way: Way, fault: unknown): boolean {
  if (way === 'together') return ['notTogether', 'unsupported'].includes(refusalOf(fault));
  if (way !== 'permit') return false;
  if (fault instanceof ApiFault) return fault.fault === 'PERMIT_INVALID' || fault.fault === 'PERMIT_NOT_TAKEN';
  return refusalOf(fault) === 'unsupported';
}
