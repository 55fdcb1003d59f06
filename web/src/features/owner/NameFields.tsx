import { useTranslation } from 'react-i18next';
import { TextField } from '@/shared/ui/Field';

interface NameFieldsProps {
  ko: string;
  en: string;
  onKo: (name: string) => void;
  onEn: (name: string) => void;
}

/** A shop's name in both languages; one is enough. */
export function NameFields({ ko, en, onKo, onEn }: NameFieldsProps) {
  const { t } = useTranslation('owner');
  return (
    <>
      <TextField
        label={t('open.nameKo')}
        lang="ko"
        value={ko}
        maxLength={100}
        onChange={(event) => onKo(event.target.value)}
      />
      <TextField
        label={t('open.nameEn')}
        lang="en"
        value={en}
        maxLength={100}
        onChange={(event) => onEn(event.target.value)}
      />
    </>
  );
}
