import { Inbox, Search } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { useSearchParams } from 'wouter';
import { type ShopOrderFragment, ShopOrdersDocument } from '@/api/generated/graphql';
import { useSettled } from '@/shared/time/useSettled';
import { EmptyState } from '@/shared/ui/EmptyState';
import { PageTitle } from '@/shared/ui/PageTitle';
import { QueryFault } from '@/shared/ui/QueryFault';
import { Pages, usePages } from '../Pages';
import { Placeholders } from '../Placeholders';
import { DayField } from '../DayField';
import { SearchField } from '../SearchField';
import { useAskedAnew, useOwnShop } from '../ShopContext';
import { isView, type View, VIEWS } from '../rules';
import { ApproveMany } from './ApproveMany';
import { type DaySpan, placedWithin } from './placedWithin';
import { ShopOrderRow } from './ShopOrderRow';
import { ViewPicker } from './ViewPicker';

const PAGE = 20;
const TYPING_MS = 250;

/** The shop's orders by what has to be done with them. What arrives shows by itself. */
export function ShopOrdersPage() {
  const { t } = useTranslation('owner');
  const { shop } = useOwnShop();
  const [params, setParams] = useSearchParams();
  const asked = params.get('status');
  const view: View = isView(asked) ? asked : 'toApprove';
  const [typed, setTyped] = useState('');
  const search = useSettled(typed.trim(), TYPING_MS);
  const span = { from: params.get('from') ?? '', to: params.get('to') ?? '' };
  const change = (next: Partial<DaySpan & { status: View }>) => {
    const all = { status: view, ...span, ...next };
    setParams(Object.fromEntries(Object.entries(all).filter(([, text]) => text !== '')), { replace: true });
  };
  const pages = usePages(`${view} ${search} ${span.from} ${span.to}`);
  const [{ data, fetching, error }, look] = useQuery({
    query: ShopOrdersDocument,
    variables: { shop: shop.id, status: VIEWS[view], search, ...placedWithin(span), first: PAGE, after: pages.after },
  });
  useAskedAnew(() => look({ requestPolicy: 'network-only' }));
  const orders = data?.shop?.orders;
  return (
    <>
      <PageTitle>{t('tab.orders')}</PageTitle>
      <ViewPicker value={view} counts={data?.shop?.orderCounts} onChange={(status) => change({ status })} />
      <div className="mb-5 flex flex-wrap items-center gap-x-5 gap-y-3">
        <SearchField label={t('orders.search')} value={typed} onChange={setTyped} />
        <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
          <DayField label={t('orders.from')} value={span.from} max={span.to} onChange={(from) => change({ from })} />
          <DayField label={t('orders.to')} value={span.to} min={span.from} onChange={(to) => change({ to })} />
        </div>
      </div>
      {!orders && (error && !fetching ? <QueryFault error={error} /> : <Placeholders height="h-26" />)}
      {orders?.nodes.length === 0 &&
        (search === '' && span.from === '' && span.to === '' ? (
          <EmptyState icon={Inbox} title={t('orders.none.title')} text={t('orders.none.text')} />
        ) : (
          <EmptyState icon={Search} title={t('orders.notFound.title')} text={t('orders.notFound.text')} />
        ))}
      {orders && orders.nodes.length > 0 && <List orders={orders.nodes} />}
      <Pages pages={pages} info={orders?.pageInfo} busy={fetching} />
    </>
  );
}

/** The orders; those that wait for approval can be marked and approved together. */
function List({ orders }: { orders: readonly ShopOrderFragment[] }) {
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const waiting = orders.filter(({ status }) => status === 'PAID');
  const chosen = waiting.filter(({ id }) => marked.has(id));
  const mark = (id: string, on: boolean) => {
    const next = new Set(marked);
    if (on) next.add(id);
    else next.delete(id);
    setMarked(next);
  };
  return (
    <>
      <ApproveMany
        waiting={waiting}
        chosen={chosen}
        onChoose={(all) => setMarked(new Set(all ? waiting.map(({ id }) => id) : []))}
      />
      <ul className="space-y-3">
        {orders.map((order) => (
          <li key={order.id}>
            <ShopOrderRow
              order={order}
              {...(order.status === 'PAID' && {
                marked: marked.has(order.id),
                onMark: (on: boolean) => mark(order.id, on),
              })}
            />
          </li>
        ))}
      </ul>
    </>
  );
}
