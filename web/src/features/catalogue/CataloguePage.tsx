import { Search } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'wouter';
import { useSettled } from '@/shared/time/useSettled';
import { PageTitle } from '@/shared/ui/PageTitle';
import { ProductGrid } from './ProductGrid';

/** A pause in typing after which is searched. */
const TYPING_MS = 200;

/** What is for sale. The search stands in the address, so that it can be kept and passed on. */
export function CataloguePage() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const typed = params.get('q') ?? '';
  const search = useSettled(typed.trim(), TYPING_MS);
  return (
    <>
      <PageTitle
        beside={
          <search className="relative w-full sm:w-72">
            <label className="sr-only" htmlFor="search">
              {t('catalogue.search')}
            </label>
            <Search aria-hidden className="pointer-events-none absolute top-3.5 left-3.5 size-4 text-ink-soft" />
            <input
              id="search"
              type="search"
              value={typed}
              placeholder={t('catalogue.search')}
              maxLength={100}
              onChange={(event) =>
                setParams(event.target.value === '' ? {} : { q: event.target.value }, { replace: true })
              }
              className="h-11 w-full rounded-xl border border-line-strong/50 bg-raised pr-3 pl-10 placeholder:text-ink-soft"
            />
          </search>
        }
      >
        {t('catalogue.title')}
      </PageTitle>
      <ProductGrid search={search} />
    </>
  );
}
