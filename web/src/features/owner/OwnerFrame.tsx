import { clsx } from 'clsx';
import { ChevronDown, PackageX, Settings } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { type ReactNode, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery, useSubscription } from 'urql';
import { Link, useLocation } from 'wouter';
import {
  MyShopsDocument,
  type OwnShopFragment,
  type ShopOrderFragment,
  ShopOrderNewsDocument,
  type ShopOrderNewsSubscription,
} from '@/api/generated/graphql';
import { Boundary } from '@/app/Boundary';
import { Button } from '@/shared/ui/Button';
import { EmptyState } from '@/shared/ui/EmptyState';
import { QueryFault } from '@/shared/ui/QueryFault';
import { Skeleton } from '@/shared/ui/Skeleton';
import { useLocalized } from '@/shared/useLocalized';
import { Arrival } from './Arrival';
import { ownerPaths } from './ownerPaths';
import { ShopContext } from './ShopContext';

/** What surrounds every page of a shop: its name, its pages, and what arrives meanwhile. */
export function OwnerFrame({ id, children }: { id: string; children: ReactNode }) {
  const { t } = useTranslation('owner');
  const [{ data, fetching, error }] = useQuery({ query: MyShopsDocument });
  const shops = data?.me?.shops.nodes;
  const shop = shops?.find((one) => one.id === id);
  if (shop && shops) {
    return (
      <Followed shop={shop}>
        <div className="mb-6 border-b border-line">
          <div className="flex items-center justify-between gap-2">
            <ShopMenu shop={shop} shops={shops} />
            <SettingsLink shop={id} />
          </div>
          <Tabs shop={id} />
        </div>
        <Arrival />
        <Boundary>{children}</Boundary>
      </Followed>
    );
  }
  if (error && !shops) return <QueryFault error={error} />;
  if (fetching || !shops) return <Skeleton className="h-64 rounded-2xl" />;
  return (
    <EmptyState icon={PackageX} title={t('notYours.title')} text={t('notYours.text')}>
      <Button asChild look="secondary">
        <Link href={ownerPaths.home}>{t('title')}</Link>
      </Button>
    </EmptyState>
  );
}

interface News {
  count: number;
  arrived: ShopOrderFragment | null;
}

function take(seen: News | undefined, { shopOrders: { order } }: ShopOrderNewsSubscription): News {
  const before = seen?.arrived?.id === order.id ? null : (seen?.arrived ?? null);
  return { count: (seen?.count ?? 0) + 1, arrived: order.status === 'PAID' ? order : before };
}

/** Follows the shop's orders for as long as one of its pages is open. */
function Followed({ shop, children }: { shop: OwnShopFragment; children: ReactNode }) {
  const [{ data }] = useSubscription({ query: ShopOrderNewsDocument, variables: { shop: shop.id } }, take);
  const known = useMemo(
    () => ({ shop, news: data?.count ?? 0, arrived: data?.arrived ?? null }),
    [shop, data?.count, data?.arrived],
  );
  return <ShopContext value={known}>{children}</ShopContext>;
}

function ShopMenu({ shop, shops }: { shop: OwnShopFragment; shops: readonly OwnShopFragment[] }) {
  const { t } = useTranslation('owner');
  const localized = useLocalized();
  const [open, setOpen] = useState(false);
  return (
    <DropdownMenu.Root modal={false} open={open} onOpenChange={setOpen}>
      <DropdownMenu.Trigger asChild>
        <button
          type="button"
          className="-ml-2 flex min-w-0 items-center gap-2 rounded-lg px-2 py-1 text-left text-lg font-bold hover:bg-sunken"
        >
          <span className="truncate">{localized(shop.name)}</span>
          <ChevronDown aria-hidden className="size-4 shrink-0 text-ink-soft" />
          <span className="sr-only">{t('switch')}</span>
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="start"
          sideOffset={6}
          className="z-40 max-h-80 min-w-56 overflow-y-auto rounded-2xl border border-line bg-raised p-2 shadow-xl shadow-black/10"
        >
          {shops.map((one) => (
            <Entry key={one.id} href={ownerPaths.shop(one.id)} current={one.id === shop.id}>
              {localized(one.name)}
            </Entry>
          ))}
          <DropdownMenu.Separator className="my-1.5 h-px bg-line" />
          <Entry href={ownerPaths.open}>{t('open.title')}</Entry>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Entry({ href, current = false, children }: { href: string; current?: boolean; children: ReactNode }) {
  return (
    <DropdownMenu.Item asChild>
      <Link
        href={href}
        className={clsx(
          'flex min-h-11 items-center rounded-xl px-3 outline-none data-highlighted:bg-sunken',
          current ? 'font-bold text-accent' : 'font-medium',
        )}
      >
        {children}
      </Link>
    </DropdownMenu.Item>
  );
}

function SettingsLink({ shop }: { shop: string }) {
  const { t } = useTranslation('owner');
  const [at] = useLocation();
  const href = ownerPaths.settings(shop);
  return (
    <Button asChild look="quiet" size="small" className="min-h-11 shrink-0">
      <Link href={href} aria-current={at === href ? 'page' : undefined}>
        <Settings aria-hidden className="size-4" />
        <span className="max-sm:sr-only">{t('settings.title')}</span>
      </Link>
    </Button>
  );
}

function Tabs({ shop }: { shop: string }) {
  const { t } = useTranslation('owner');
  const [at] = useLocation();
  const tabs = [
    { name: 'overview', href: ownerPaths.shop(shop), current: at === ownerPaths.shop(shop) },
    { name: 'orders', href: ownerPaths.orders(shop), current: at.startsWith(ownerPaths.orders(shop)) },
    { name: 'products', href: ownerPaths.products(shop), current: at.startsWith(ownerPaths.products(shop)) },
    { name: 'money', href: ownerPaths.money(shop), current: at.startsWith(ownerPaths.money(shop)) },
    { name: 'history', href: ownerPaths.history(shop), current: at.startsWith(ownerPaths.history(shop)) },
  ] as const;
  return (
    <nav aria-label={t('pages')} className="-mb-px flex gap-1 overflow-x-auto">
      {tabs.map(({ name, href, current }) => (
        <Link
          key={name}
          href={href}
          aria-current={current ? 'page' : undefined}
          className={clsx(
            'border-b-2 px-2 py-3 text-sm font-semibold whitespace-nowrap sm:px-4 sm:text-[0.95rem]',
            current ? 'border-accent text-accent' : 'border-transparent text-ink-soft hover:text-ink',
          )}
        >
          {t(`tab.${name}`)}
        </Link>
      ))}
    </nav>
  );
}
