import { useTranslation } from 'react-i18next';
import { Card } from '@/shared/ui/Card';
import { Value } from './Facts';
import type { Past } from './Steps';

/** The state of an aggregate at a moment, and what read models answered then. */
export function PastState({ past }: { past: Past }) {
  const { t } = useTranslation('history');
  const answers = Object.entries((past.answers ?? {}) as Record<string, unknown[]>).filter(
    ([, rows]) => rows.length > 0,
  );
  return (
    <div className="space-y-6">
      <Card aria-labelledby="state">
        <h2 id="state" className="mb-4 font-bold">
          {t('stream.state')}
        </h2>
        {past.sequence === '0' ? <p className="text-ink-soft">{t('stream.nothing')}</p> : <Value value={past.state} />}
      </Card>
      {answers.length > 0 && (
        <Card aria-labelledby="answers">
          <h2 id="answers" className="mb-4 font-bold">
            {t('stream.answers')}
          </h2>
          <div className="space-y-5">
            {answers.map(([table, rows]) => (
              <section key={table} aria-label={table}>
                <h3 className="mb-2 font-mono text-sm font-semibold">{table}</h3>
                <Value value={rows.length === 1 ? rows[0] : rows} />
              </section>
            ))}
          </div>
        </Card>
      )}
    </div>
  );
}
