import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMutation } from 'urql';
import { ApiFault, codeOf, type Fault } from '@/api/errors';
import { ApproveOrdersDocument, type ShopOrderFragment } from '@/api/generated/graphql';
import { newIdempotencyKey } from '@/api/idempotency';
import { Button } from '@/shared/ui/Button';
import { FaultNotice } from '@/shared/ui/FaultNotice';
import { Notice } from '@/shared/ui/Notice';
import { useFaultWords } from '@/shared/ui/useFaultWords';

interface ApproveManyProps {
  /** All on this page that wait for approval. */
  waiting: readonly ShopOrderFragment[];
  chosen: readonly ShopOrderFragment[];
  onChoose: (all: boolean) => void;
}

interface Refusal {
  number: string;
  fault: Fault;
}

/** Approves what is marked; what one is refused for is told of that one. */
export function ApproveMany({ waiting, chosen, onChoose }: ApproveManyProps) {
  const { t } = useTranslation('owner');
  const words = useFaultWords();
  const [{ fetching }, approve] = useMutation(ApproveOrdersDocument);
  const [fault, setFault] = useState<unknown>(null);
  const [done, setDone] = useState<{ approved: number; refused: readonly Refusal[] } | null>(null);

  const run = async () => {
    setFault(null);
    setDone(null);
    const orders = chosen.map(({ id }) => ({ order: id, idempotencyKey: newIdempotencyKey() }));
    const { data, error } = await approve({ input: { orders } });
    if (!data) {
      setFault(new ApiFault(error ? codeOf(error) : 'INTERNAL'));
      return;
    }
    const refused = data.approveOrders.results.flatMap(({ userErrors: [first] }, index) =>
      first ? [{ number: chosen[index]?.number ?? '', fault: first.code }] : [],
    );
    setDone({ approved: orders.length - refused.length, refused });
    onChoose(false);
  };

  return (
    <div className="mb-3 space-y-3 empty:hidden">
      {waiting.length > 1 && (
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <label className="flex min-h-11 cursor-pointer items-center gap-3 pl-4 text-sm font-medium">
            <input
              type="checkbox"
              className="size-5 accent-accent"
              checked={chosen.length === waiting.length}
              onChange={(event) => onChoose(event.target.checked)}
            />
            {t('orders.markAll')}
          </label>
          <Button size="small" busy={fetching} disabled={fetching || chosen.length === 0} onClick={() => void run()}>
            {t('orders.approveMarked', { count: chosen.length })}
          </Button>
        </div>
      )}
      {fault !== null && <FaultNotice fault={fault} />}
      {done && done.approved > 0 && <Notice tone="good">{t('orders.approved', { count: done.approved })}</Notice>}
      {done && done.refused.length > 0 && (
        <Notice tone="warn">
          <ul className="space-y-1">
            {done.refused.map((refusal) => (
              <li key={refusal.number}>
                <span className="font-mono font-semibold">#{refusal.number}</span> {words(new ApiFault(refusal.fault))}
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </div>
  );
}
