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
          <div className="space-y-3">
            {answers.map(([table, rows]) => (
              <details key={table} className="border-t border-line pt-3">
                <summary className="cursor-pointer font-mono text-sm font-semibold">
                  {table} {rows.length > 1 && <span className="font-medium text-ink-soft">× {rows.length}</span>}
                </summary>
                <div className="mt-2">
                  <Value value={rows.length === 1 ? rows[0] : rows} />
                </div>
              </details>
            ))}
          </div>
        </Card>
      )}
    </div>
  );
}
