import i18n from 'i18next';
import { initReactI18next } from 'react-i18next';
import { remember } from '@/shared/remember';
import type en from './en.json';

export const LANGUAGES = ['ko', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

declare module 'i18next' {
  interface CustomTypeOptions {
    // Keys are checked: a text that no file has does not compile.
    resources: { translation: typeof en };
    strictKeyChecks: true;
  }
}

const REMEMBERED = remember('language');

/** Each language is a file of its own, fetched when it is spoken. */
const WORDS: Record<Language, () => Promise<{ default: object }>> = {
  ko: () => import('./ko.json'),
  en: () => import('./en.json'),
};

/** Begins in the language that public/appearance.js has found: the remembered one, or the browser's. */
export async function startLanguage(): Promise<void> {
  const language: Language = document.documentElement.lang === 'ko' ? 'ko' : 'en';
  const { default: words } = await WORDS[language]();
  await i18n.use(initReactI18next).init({
    lng: language,
    resources: { [language]: { translation: words } },
    // React escapes.
    interpolation: { escapeValue: false },
  });
}

/** Switches, and remembers. */
export async function speak(language: Language): Promise<void> {
  if (!i18n.hasResourceBundle(language, 'translation')) {
    const { default: words } = await WORDS[language]();
    i18n.addResourceBundle(language, 'translation', words);
  }
  await i18n.changeLanguage(language);
  document.documentElement.lang = language;
  REMEMBERED.set(language);
}
