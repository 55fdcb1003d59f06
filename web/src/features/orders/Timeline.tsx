import { useTranslation } from 'react-i18next';
import { Card } from '@/shared/ui/Card';
import type { FullOrder } from './OrderDetails';
import { TimelineItem } from './TimelineItem';

/** What happened to an order and its payment, newest first. New entries come by themselves and are read out. */
export function Timeline({ order }: { order: FullOrder }) {
  const { t } = useTranslation();
  return (
    <Card className="self-start" aria-labelledby="timeline">
      <h2 id="timeline" className="mb-5 font-bold">
        {t('order.timeline')}
      </h2>
      <ol
        reversed
        aria-live="polite"
        aria-relevant="additions"
        className="relative space-y-5 before:absolute before:top-2 before:bottom-2 before:left-[5px] before:w-px before:bg-line"
      >
        {order.timeline.toReversed().map((entry, index) => (
          <TimelineItem key={entry.cursor} entry={entry} order={order} newest={index === 0} />
        ))}
      </ol>
    </Card>
  );
}
