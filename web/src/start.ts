// Stands in the document itself (vite.start.ts) and runs before anything is painted: the remembered appearance and
// language, so that nothing flashes; what the address needs is asked for; and the page's script waits for the first
// paint, which it would hold up.
import { begin } from './api/begun';
import { remember } from './shared/remember';

/** What a build knows of its pages. */
export interface Plan {
  /** The script of every page. */
  entry: string;
  /** The scripts of a language. */
  languages: Record<string, readonly string[]>;
  /** By the beginning of the address, the longest first. */
  pages: readonly Page[];
}

interface Page {
  path: string;
  scripts: readonly string[];
  /** Bodies of what it asks the API first; `":id"` is what follows its path. */
  asks: readonly string[];
}

/** A paint comes sooner. */
const LONGEST_WAIT_MS = 300;

declare const __PLAN__: Plan | null;

const root = document.documentElement;
const appearance = remember('appearance').get();
const dark = appearance === null ? matchMedia('(prefers-color-scheme: dark)').matches : appearance === 'dark';
root.dataset['appearance'] = dark ? 'dark' : 'light';
root.lang = remember('language').get() ?? (navigator.language.startsWith('ko') ? 'ko' : 'en');
if (__PLAN__ !== null) follow(__PLAN__);

function follow({ entry, languages, pages }: Plan): void {
  const { pathname, search } = location;
  const page = pages.find(({ path }) => (path === '/' ? pathname + search === path : pathname.startsWith(path)));
  root.dataset['page'] = page?.path ?? '';
  for (const href of [...(languages[root.lang] ?? []), ...(page?.scripts ?? [])]) {
    document.head.append(Object.assign(document.createElement('link'), { rel: 'modulepreload', href }));
  }
  page?.asks.forEach((body) =>
    begin(body.replace('":id"', () => JSON.stringify(decoded(pathname.slice(page.path.length))))),
  );

  afterFirstPaint(() => {
    document.head.append(Object.assign(document.createElement('script'), { type: 'module', src: entry }));
  });
}

/** An address that is none names nothing, and must not keep the page away. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Where nobody looks, nothing is painted. */
function afterFirstPaint(act: () => void): void {
  let done = false;
  const once = () => {
    if (done) return;
    done = true;
    act();
  };
  new PerformanceObserver((seen) => {
    if (seen.getEntriesByName('first-contentful-paint').length > 0) once();
  }).observe({ type: 'paint', buffered: true });
  document.addEventListener('DOMContentLoaded', () => setTimeout(once, document.hidden ? 0 : LONGEST_WAIT_MS));
}
