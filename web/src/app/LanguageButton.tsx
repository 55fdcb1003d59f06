import { useTranslation } from 'react-i18next';
import { speak } from '@/i18n/i18n';
import { Button } from '@/shared/ui/Button';

const NAMES = { ko: { full: '한국어', short: '한' }, en: { full: 'English', short: 'EN' } };

/** Switches to the other language, in whose own words it speaks. */
export function LanguageButton() {
  const { i18n } = useTranslation();
  const other = i18n.language === 'ko' ? 'en' : 'ko';
  return (
    <Button look="quiet" size="small" lang={other} className="min-h-11" onClick={() => void speak(other)}>
      <span className="max-sm:sr-only">{NAMES[other].full}</span>
      <span aria-hidden className="sm:hidden">
        {NAMES[other].short}
      </span>
    </Button>
  );
}
