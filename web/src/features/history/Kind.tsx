import { clsx } from 'clsx';
import { Box, Coins, type LucideIcon, Package, ReceiptText, Store, Wallet } from 'lucide-react';
import { kindOf, type StreamKind } from './eventTypes';

const ICONS: Record<StreamKind, LucideIcon> = {
  Order: ReceiptText,
  Payment: Coins,
  Inventory: Box,
  Product: Package,
  Shop: Store,
  Payout: Wallet,
};

/** A sign for what an event happened to. */
export function KindSign({ stream, marked = false }: { stream: string; marked?: boolean }) {
  const Icon = ICONS[kindOf(stream) ?? 'Order'];
  return (
    <span
      className={clsx(
        'grid size-9 shrink-0 place-items-center rounded-xl',
        marked ? 'bg-accent text-on-accent' : 'bg-accent-soft text-accent',
      )}
    >
      <Icon aria-hidden className="size-5" strokeWidth={1.8} />
    </span>
  );
}
