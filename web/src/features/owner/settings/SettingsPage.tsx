import { useTranslation } from 'react-i18next';
import { PageTitle } from '@/shared/ui/PageTitle';
import { useOwnShop } from '../ShopContext';
import { NameForm } from './NameForm';
import { PayoutForm } from './PayoutForm';

/** What the shop is called, and where its money goes. */
export function SettingsPage() {
  const { t } = useTranslation('owner');
  const { shop } = useOwnShop();
  return (
    <div className="mx-auto max-w-xl">
      <PageTitle>{t('settings.title')}</PageTitle>
      <div className="space-y-6">
        <NameForm shop={shop} />
        {/* Begins anew with the address that is in force. */}
        <PayoutForm key={shop.payoutAddress} shop={shop} />
      </div>
    </div>
  );
}
