import { useTranslation } from 'react-i18next';

interface LocalizedText {
  readonly ko?: string | null;
  readonly en?: string | null;
}

/** Picks the page's language of a shop's text, or the other one where there is none. */
export function useLocalized(): (text: LocalizedText) => string {
  const { i18n } = useTranslation();
  return ({ ko, en }) => (i18n.language === 'ko' ? (ko ?? en) : (en ?? ko)) ?? '';
}
