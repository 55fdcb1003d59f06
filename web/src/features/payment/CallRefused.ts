import i18n, { type TFunction } from 'i18next';
import type { PreparedCallFragment } from '@/api/generated/graphql';
import { isTold } from '@/shared/ui/useFaultWords';

type Refused = NonNullable<PreparedCallFragment['refused']>;

/** The escrow would refuse a call: why, and from when on it would not. */
export class CallRefused extends Error {
  constructor(readonly refused: Refused) {
    super(refused.code);
    this.name = 'CallRefused';
  }

  words(t: TFunction): string {
    const { code, possibleFrom } = this.refused;
    if (possibleFrom) {
      const moment = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'medium', timeStyle: 'short' });
      return t('money.possibleFrom', { moment: moment.format(new Date(possibleFrom)) });
    }
    return t(isTold(code) ? `fault.${code}` : 'fault.other');
  }
}
