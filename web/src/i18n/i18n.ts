import i18n from 'i18next';
import { initReactI18next } from 'react-i18next';
import { remember } from '@/shared/remember';
import type delivery from '@/features/delivery/words/en.json';
import type history from '@/features/history/words/en.json';
import type owner from '@/features/owner/words/en.json';
import type en from './en.json';

export const LANGUAGES = ['ko', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

declare module 'i18next' {
  interface CustomTypeOptions {
    // Keys are checked: a text that no file has does not compile.
    resources: {
      translation: typeof en;
      delivery: typeof delivery;
      owner: typeof owner;
      history: typeof history;
    };
    strictKeyChecks: true;
  }
}

const REMEMBERED = remember('language');

/** `translation` is for everyone; the rest comes with the pages that speak it. */
type Namespace = 'translation' | 'delivery' | 'owner' | 'history';

/** Each language is a file of its own, fetched when it is spoken. */
const WORDS: Record<Namespace, Record<Language, () => Promise<{ default: object }>>> = {
  translation: { ko: () => import('./ko.json'), en: () => import('./en.json') },
  delivery: {
    ko: () => import('@/features/delivery/words/ko.json'),
    en: () => import('@/features/delivery/words/en.json'),
  },
  owner: {
    ko: () => import('@/features/owner/words/ko.json'),
    en: () => import('@/features/owner/words/en.json'),
  },
  history: {
    ko: () => import('@/features/history/words/ko.json'),
    en: () => import('@/features/history/words/en.json'),
  },
};

/** What was asked for so far: a switch of the language brings all of it. */
const spoken = new Set<Namespace>(['translation']);

async function fetchWords(language: Language): Promise<void> {
  const missing = [...spoken].filter((namespace) => !i18n.hasResourceBundle(language, namespace));
  await Promise.all(
    missing.map(async (namespace) => {
      const { default: words } = await WORDS[namespace][language]();
      i18n.addResourceBundle(language, namespace, words);
    }),
  );
}

/** Brings the words of a part of the page, in the language that is spoken. */
export async function bringWords(namespace: Namespace): Promise<void> {
  spoken.add(namespace);
  await fetchWords(i18n.language === 'ko' ? 'ko' : 'en');
}

/** Begins in the language that src/start.ts has found: the remembered one, or the browser's. */
export async function startLanguage(): Promise<void> {
  const language: Language = document.documentElement.lang === 'ko' ? 'ko' : 'en';
  const { default: words } = await WORDS.translation[language]();
  await i18n.use(initReactI18next).init({
    lng: language,
    resources: { [language]: { translation: words } },
    // React escapes.
    interpolation: { escapeValue: false },
  });
}

/** Switches, and remembers. */
export async function speak(language: Language): Promise<void> {
  await fetchWords(language);
  await i18n.changeLanguage(language);
  document.documentElement.lang = language;
  REMEMBERED.set(language);
}
