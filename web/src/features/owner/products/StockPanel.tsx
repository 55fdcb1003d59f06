import { type SubmitEvent, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMutation } from 'urql';
import { answered } from '@/api/errors';
import {
  AdjustStockDocument,
  ChangeLowStockMarkDocument,
  type OwnProductFragment,
  ReceiveStockDocument,
} from '@/api/generated/graphql';
import { newIdempotencyKey } from '@/api/idempotency';
import { Button } from '@/shared/ui/Button';
import { Card } from '@/shared/ui/Card';
import { FaultNotice } from '@/shared/ui/FaultNotice';
import { TextField } from '@/shared/ui/Field';
import { typedPieces } from '../rules';

/** The stock of a product: what is there, what came, what was counted, and when it is low. */
export function StockPanel({ product }: { product: OwnProductFragment }) {
  const { t, i18n } = useTranslation('owner');
  const number = new Intl.NumberFormat(i18n.language);
  const figures = [
    ['stock.available', product.available],
    ['stock.onHand', product.onHand ?? 0],
    ['stock.reserved', product.reserved ?? 0],
  ] as const;
  return (
    <Card aria-labelledby="stock-title" className="space-y-5">
      <h2 id="stock-title" className="font-bold">
        {t('stock.title')}
      </h2>
      <dl className="grid grid-cols-3 gap-2 text-center" aria-live="polite">
        {figures.map(([name, pieces]) => (
          <div key={name} className="flex flex-col-reverse rounded-xl bg-sunken px-1 py-2.5">
            <dt className="text-xs text-ink-soft">{t(name)}</dt>
            <dd className="text-lg font-bold tabular-nums">{number.format(pieces)}</dd>
          </div>
        ))}
      </dl>
      <Receive product={product} />
      <Adjust product={product} />
      <Mark product={product} />
    </Card>
  );
}

function Receive({ product }: { product: OwnProductFragment }) {
  const { t } = useTranslation('owner');
  const [pieces, setPieces] = useState('');
  const [, receive] = useMutation(ReceiveStockDocument);
  const quantity = typedPieces(pieces, 1);
  return (
    <Line
      submit={t('stock.receive')}
      ready={quantity !== null}
      act={async (idempotencyKey) => {
        if (quantity === null) return;
        const { data, error } = await receive({ input: { idempotencyKey, product: product.id, quantity } });
        answered(data?.receiveStock, error);
        setPieces('');
      }}
    >
      <TextField
        label={t('stock.came')}
        inputMode="numeric"
        autoComplete="off"
        value={pieces}
        problem={pieces !== '' && quantity === null ? t('stock.wrong') : null}
        onChange={({ target }) => setPieces(target.value)}
      />
    </Line>
  );
}

function Adjust({ product }: { product: OwnProductFragment }) {
  const { t } = useTranslation('owner');
  const [pieces, setPieces] = useState('');
  const [reason, setReason] = useState('');
  const [, adjust] = useMutation(AdjustStockDocument);
  const delta = typedPieces(pieces, -1_000_000_000);
  return (
    <Line
      submit={t('stock.adjust')}
      ready={delta !== null && delta !== 0 && reason.trim() !== ''}
      act={async (idempotencyKey) => {
        if (delta === null) return;
        const input = { idempotencyKey, product: product.id, delta, reason: reason.trim() };
        const { data, error } = await adjust({ input });
        answered(data?.adjustStock, error);
        setPieces('');
        setReason('');
      }}
    >
      <TextField
        label={t('stock.delta')}
        hint={t('stock.deltaHint')}
        autoComplete="off"
        value={pieces}
        problem={pieces !== '' && pieces !== '-' && delta === null ? t('stock.wrong') : null}
        onChange={({ target }) => setPieces(target.value)}
      />
      <TextField
        label={t('stock.reason')}
        maxLength={500}
        value={reason}
        onChange={({ target }) => setReason(target.value)}
      />
    </Line>
  );
}

function Mark({ product }: { product: OwnProductFragment }) {
  const { t } = useTranslation('owner');
  const known = product.lowStockMark?.toString() ?? '';
  const [typed, setTyped] = useState<string | null>(null);
  const text = typed ?? known;
  const [, change] = useMutation(ChangeLowStockMarkDocument);
  const mark = text.trim() === '' ? null : typedPieces(text, 1);
  const wrong = text.trim() !== '' && mark === null;
  return (
    <Line
      submit={t('stock.setMark')}
      ready={!wrong && text !== known}
      act={async (idempotencyKey) => {
        const { data, error } = await change({ input: { idempotencyKey, product: product.id, mark } });
        answered(data?.changeLowStockMark, error);
        setTyped(null);
      }}
    >
      <TextField
        label={t('stock.mark')}
        hint={t('stock.markHint')}
        inputMode="numeric"
        autoComplete="off"
        value={text}
        problem={wrong ? t('stock.wrong') : null}
        onChange={({ target }) => setTyped(target.value)}
      />
    </Line>
  );
}

interface LineProps {
  submit: string;
  ready: boolean;
  act: (idempotencyKey: string) => Promise<void>;
  children: ReactNode;
}

/** Fields with one button: what is sent again after an outage has the same key, what was refused gets a new one. */
function Line({ submit, ready, act, children }: LineProps) {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>(null);
  const run = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!ready || busy) return;
    setBusy(true);
    setFault(null);
    try {
      await act(newIdempotencyKey());
    } catch (refused) {
      setFault(refused);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="space-y-3 border-t border-line pt-4" onSubmit={(event) => void run(event)} noValidate>
      {children}
      {fault !== null && <FaultNotice fault={fault} />}
      <Button type="submit" look="secondary" className="w-full" busy={busy} disabled={busy || !ready}>
        {submit}
      </Button>
    </form>
  );
}
