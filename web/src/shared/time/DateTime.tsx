import { useTranslation } from 'react-i18next';

const STYLES = {
  full: { dateStyle: 'medium', timeStyle: 'short' },
  date: { dateStyle: 'medium' },
  precise: { dateStyle: 'medium', timeStyle: 'medium' },
} as const;

/** A moment of the API in the form of the page's language and the reader's clock. */
export function DateTime({ at, style = 'full' }: { at: string; style?: keyof typeof STYLES }) {
  const { i18n } = useTranslation();
  return <time dateTime={at}>{new Intl.DateTimeFormat(i18n.language, STYLES[style]).format(new Date(at))}</time>;
}
