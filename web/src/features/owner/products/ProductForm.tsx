import { type SubmitEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LocalizedTextInput, OwnProductFragment, PriceInput } from '@/api/generated/graphql';
import { useTokens } from '@/shared/money/useTokens';
import { Button } from '@/shared/ui/Button';
import { FaultNotice } from '@/shared/ui/FaultNotice';
import { Choice, TextArea, TextField } from '@/shared/ui/Field';
import { type Denomination, denominationKey, shownPrice, textInput, typedPrice } from '../rules';
import { useDenominations } from './useDenominations';

export interface ProductInput {
  name: LocalizedTextInput;
  description: LocalizedTextInput;
  price: PriceInput | null;
}

interface ProductFormProps {
  /** What it is now; nothing for a new one. */
  product?: OwnProductFragment;
  submit: string;
  save: (input: ProductInput) => Promise<void>;
}

/** Name and description in both languages, and the price in what is taken here. */
export function ProductForm({ product, submit, save }: ProductFormProps) {
  const { t } = useTranslation('owner');
  const { chainName } = useTokens();
  const options = useDenominations();
  const [nameKo, setNameKo] = useState(product?.name.ko ?? '');
  const [nameEn, setNameEn] = useState(product?.name.en ?? '');
  const [aboutKo, setAboutKo] = useState(product?.description.ko ?? '');
  const [aboutEn, setAboutEn] = useState(product?.description.en ?? '');
  const [amount, setAmount] = useState(priceText(product));
  const [chosen, setChosen] = useState(keyOf(product));
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>(null);
  const denomination = options.find((option) => denominationKey(option) === chosen) ?? options[0];
  const price = denomination ? typedPrice(amount, denomination) : null;
  const wrongPrice = amount.trim() !== '' && denomination !== undefined && price === null;
  const named = nameKo.trim() !== '' || nameEn.trim() !== '';
  const ready = named && !wrongPrice && (amount.trim() === '' || price !== null);

  const run = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!ready) return;
    setBusy(true);
    setFault(null);
    try {
      await save({ name: textInput(nameKo, nameEn), description: textInput(aboutKo, aboutEn), price });
    } catch (refused) {
      setFault(refused);
    } finally {
      setBusy(false);
    }
  };

  return (
    <form className="space-y-5" onSubmit={(event) => void run(event)} noValidate>
      <div className="grid gap-5 sm:grid-cols-2">
        <TextField
          label={t('form.nameKo')}
          lang="ko"
          maxLength={200}
          value={nameKo}
          onChange={({ target }) => setNameKo(target.value)}
        />
        <TextField
          label={t('form.nameEn')}
          lang="en"
          maxLength={200}
          value={nameEn}
          onChange={({ target }) => setNameEn(target.value)}
        />
      </div>
      <div className="grid gap-5 sm:grid-cols-[1fr_14rem]">
        <TextField
          label={t('form.price')}
          inputMode="decimal"
          autoComplete="off"
          value={amount}
          problem={
            wrongPrice ? t('form.priceWrong', { symbol: denomination.symbol, digits: denomination.decimals }) : null
          }
          onChange={({ target }) => setAmount(target.value)}
        />
        <Choice
          label={t('form.currency')}
          value={denomination ? denominationKey(denomination) : ''}
          onChange={({ target }) => setChosen(target.value)}
        >
          {options.map((option) => (
            <option key={denominationKey(option)} value={denominationKey(option)}>
              {labelOf(option, chainName)}
            </option>
          ))}
        </Choice>
      </div>
      {denomination?.kind === 'fiat' && (
        <p className="-mt-3 text-xs leading-relaxed text-ink-soft">{t('form.fiatHint')}</p>
      )}
      <TextArea
        label={t('form.aboutKo')}
        lang="ko"
        maxLength={10_000}
        value={aboutKo}
        onChange={({ target }) => setAboutKo(target.value)}
      />
      <TextArea
        label={t('form.aboutEn')}
        lang="en"
        maxLength={10_000}
        value={aboutEn}
        onChange={({ target }) => setAboutEn(target.value)}
      />
      {fault !== null && <FaultNotice fault={fault} />}
      <Button type="submit" className="max-sm:w-full" busy={busy} disabled={busy || !ready}>
        {submit}
      </Button>
    </form>
  );
}

function labelOf(option: Denomination, chainName: (chainId: string) => string): string {
  return option.kind === 'fiat' ? option.symbol : `${option.symbol} · ${chainName(option.chainId)}`;
}

function priceText(product: OwnProductFragment | undefined): string {
  const price = product?.price;
  return price && price.decimals !== null ? shownPrice(price.amount, price.decimals) : '';
}

function keyOf(product: OwnProductFragment | undefined): string {
  const price = product?.price;
  if (!price) return '';
  return price.fiat ?? `${price.chainId ?? ''} ${(price.token ?? '').toLowerCase()}`;
}
