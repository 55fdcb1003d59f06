import { useTranslation } from 'react-i18next';
import { useTokens } from '@/shared/money/useTokens';
import { Notice } from '@/shared/ui/Notice';

/** Says when the shop does not see now what happens on a chain. */
export function ChainNotice({ chainId }: { chainId: string }) {
  const { t } = useTranslation();
  const tokens = useTokens();
  const condition = tokens.condition(chainId);
  if (condition === null || condition === 'FOLLOWING' || condition === 'STARTING') return null;
  return <Notice tone="warn">{t(`payment.chain.${condition}`, { chain: tokens.chainName(chainId) })}</Notice>;
}
