import i18n from 'i18next';
import { useTranslation } from 'react-i18next';
import { ApiFault, type Fault } from '@/api/errors';
import type en from '@/i18n/en.json';
import { refusalOf } from '@/features/wallet/refusal';

/** The faults that have words of their own. A fault that only a program can make has none. */
type Told = Fault & keyof typeof en.fault;

export function isTold(fault: Fault): fault is Told {
  return i18n.exists(`fault.${fault}`);
}

/** The page's words for whatever was thrown: by the API, or by a wallet. */
export function useFaultWords(): (fault: unknown) => string {
  const { t } = useTranslation();
  return (fault) => {
    if (!(fault instanceof ApiFault)) return t(`refusal.${refusalOf(fault)}`);
    return t(isTold(fault.fault) ? `fault.${fault.fault}` : 'fault.other');
  };
}
