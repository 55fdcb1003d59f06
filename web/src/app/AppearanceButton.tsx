import { Moon, Sun } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { remember } from '@/shared/remember';
import { Button } from '@/shared/ui/Button';

const REMEMBERED = remember('appearance');

/** Light or dark; src/start.ts has set what is remembered, or else the system's. */
export function AppearanceButton() {
  const { t } = useTranslation();
  const [dark, setDark] = useState(() => document.documentElement.dataset['appearance'] === 'dark');
  const change = () => {
    const next = dark ? 'light' : 'dark';
    document.documentElement.dataset['appearance'] = next;
    REMEMBERED.set(next);
    setDark(!dark);
  };
  const Icon = dark ? Sun : Moon;
  return (
    <Button look="quiet" size="icon" aria-label={t(dark ? 'app.light' : 'app.dark')} onClick={change}>
      <Icon aria-hidden className="size-5" />
    </Button>
  );
}
