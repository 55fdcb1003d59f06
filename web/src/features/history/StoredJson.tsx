import { useTranslation } from 'react-i18next';
import { CopyButton } from '@/shared/ui/CopyButton';

/** What is stored, laid out to be read; what is copied is the text as it is. */
export function StoredJson({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation('history');
  return (
    <div className="relative">
      <pre
        // Long lines scroll, also by keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        role="region"
        aria-label={label}
        className="max-h-80 overflow-y-auto rounded-xl bg-sunken p-4 pr-11 font-mono text-xs leading-relaxed"
      >
        {laidOut(text)}
      </pre>
      <span className="absolute top-2 right-2">
        <CopyButton text={text} label={t('event.copyStored')} />
      </span>
    </div>
  );
}

function laidOut(text: string): string {
  try {
    // Amounts are strings in what is stored, so no digit is lost.
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
