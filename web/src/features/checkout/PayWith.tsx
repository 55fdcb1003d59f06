import { useTranslation } from 'react-i18next';
import { type Asset, useTokens } from '@/shared/money/useTokens';
import { assetKey } from './usePlaceOrder';

interface PayWithProps {
  options: readonly Asset[];
  value: Asset | null;
  onChange: (asset: Asset) => void;
}

/** What a price in fiat money is paid with. */
export function PayWith({ options, value, onChange }: PayWithProps) {
  const { t } = useTranslation();
  const { chainName } = useTokens();
  return (
    <fieldset>
      <legend className="mb-2 text-sm font-semibold">{t('checkout.payWith')}</legend>
      <div className="grid gap-2 sm:grid-cols-2">
        {options.map((asset) => (
          <label
            key={assetKey(asset)}
            className="flex min-h-12 cursor-pointer items-center gap-3 rounded-xl border border-line px-4 py-2 has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name="pay-with"
              className="size-4 accent-accent outline-none"
              checked={value !== null && assetKey(value) === assetKey(asset)}
              onChange={() => onChange(asset)}
            />
            <span>
              <span className="font-semibold">{asset.symbol}</span>{' '}
              <span className="text-sm text-ink-soft">{chainName(asset.chainId)}</span>
            </span>
          </label>
        ))}
      </div>
      <p className="mt-2 text-sm leading-relaxed text-ink-soft">{t('checkout.rate')}</p>
    </fieldset>
  );
}
