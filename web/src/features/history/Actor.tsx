import { useTranslation } from 'react-i18next';
import { useSession } from '@/features/session/SessionContext';
import { ShortHash } from '@/shared/ui/ShortHash';

const PARTS = ['listener', 'expiry', 'reactions', 'attempts'] as const;

/** Who caused an event, in a word or by the wallet's address. */
export function Actor({ actor, by }: { actor: string; by?: string | null | undefined }) {
  const { t } = useTranslation('history');
  const { viewer } = useSession();
  if (by) {
    return viewer?.address.toLowerCase() === by.toLowerCase() ? <>{t('actor.you')}</> : <ShortHash value={by} />;
  }
  const name = actor.replace(/^system:/, '');
  const part = PARTS.find((known) => known === name);
  return <>{part ? t(`actor.${part}`) : t('actor.other', { name })}</>;
}
