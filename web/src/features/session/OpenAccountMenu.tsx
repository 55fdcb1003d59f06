import { Coins, Fingerprint, History, LogOut, ReceiptText, Scale, Store } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { paths } from '@/app/paths';
import { useDisputes } from '@/features/disputes/useDisputes';
import { useWallet } from '@/features/wallet/WalletContext';
import { ShortHash } from '@/shared/ui/ShortHash';
import { AccountButton } from './AccountButton';
import { useSession, type Viewer } from './SessionContext';

/** What is theirs, to whoever is signed in. */
export function OpenAccountMenu({ viewer }: { viewer: Viewer }) {
  const { t } = useTranslation();
  const { signOut } = useSession();
  const { disconnect } = useWallet();
  const arbiter = (useDisputes().data?.me?.disputes.nodes.length ?? 0) > 0;
  const oversees = viewer.roles.some((role) => role === 'AUDITOR' || role === 'OPERATOR');
  const leave = () => void signOut().then(disconnect, () => undefined);
  return (
    <DropdownMenu.Root modal={false} defaultOpen>
      <DropdownMenu.Trigger asChild>
        <AccountButton viewer={viewer} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={8}
          className="z-40 min-w-56 rounded-2xl border border-line bg-raised p-2 shadow-xl shadow-black/10"
        >
          <DropdownMenu.Label className="px-3 pt-1 pb-2 text-sm text-ink-soft">
            <ShortHash value={viewer.address} />
          </DropdownMenu.Label>
          <DropdownMenu.Item asChild>
            <Entry href={paths.orders}>
              <ReceiptText aria-hidden className="size-4" /> {t('orders.title')}
            </Entry>
          </DropdownMenu.Item>
          <DropdownMenu.Item asChild>
            <Entry href={paths.balance}>
              <Coins aria-hidden className="size-4" /> {t('balance.title')}
            </Entry>
          </DropdownMenu.Item>
          <DropdownMenu.Item asChild>
            <Entry href={paths.personal}>
              <Fingerprint aria-hidden className="size-4" /> {t('account.personal')}
            </Entry>
          </DropdownMenu.Item>
          <DropdownMenu.Item asChild>
            <Entry href={paths.owner}>
              <Store aria-hidden className="size-4" /> {t('account.owner')}
            </Entry>
          </DropdownMenu.Item>
          {arbiter && (
            <DropdownMenu.Item asChild>
              <Entry href={paths.disputes}>
                <Scale aria-hidden className="size-4" /> {t('dispute.title')}
              </Entry>
            </DropdownMenu.Item>
          )}
          {oversees && (
            <DropdownMenu.Item asChild>
              <Entry href={paths.history}>
                <History aria-hidden className="size-4" /> {t('account.history')}
              </Entry>
            </DropdownMenu.Item>
          )}
          <DropdownMenu.Separator className="my-1.5 h-px bg-line" />
          <DropdownMenu.Item className={ENTRY} onSelect={leave}>
            <LogOut aria-hidden className="size-4" /> {t('account.signOut')}
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

const ENTRY = 'flex min-h-11 items-center gap-3 rounded-xl px-3 font-medium outline-none data-highlighted:bg-sunken';

function Entry({ href, children, ...rest }: { href: string; children: ReactNode }) {
  return (
    <Link href={href} className={ENTRY} {...rest}>
      {children}
    </Link>
  );
}
