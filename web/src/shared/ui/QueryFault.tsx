import { useTranslation } from 'react-i18next';
import type { CombinedError } from 'urql';
import { ApiFault, codeOf } from '@/api/errors';
import { Button } from './Button';
import { Notice } from './Notice';
import { useFaultWords } from './useFaultWords';

/** In the place of what could not be fetched: why, and another try. */
export function QueryFault({ error }: { error: CombinedError }) {
  const { t } = useTranslation();
  const words = useFaultWords();
  return (
    <Notice
      tone="bad"
      action={
        <Button look="secondary" size="small" onClick={() => location.reload()}>
          {t('common.tryAgain')}
        </Button>
      }
    >
      {words(new ApiFault(codeOf(error)))}
    </Notice>
  );
}
