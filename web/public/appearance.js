// Before anything is painted: the remembered appearance and language, so that nothing flashes, and what the language and
// the address need. A file of its own, since the Content-Security-Policy lets no inline script in.
(() => {
  const remembered = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  };
  const root = document.documentElement;
  const appearance = remembered('gage.appearance');
  const dark = appearance ? appearance === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.appearance = dark ? 'dark' : 'light';
  root.lang = remembered('gage.language') ?? (navigator.language.startsWith('ko') ? 'ko' : 'en');

  // Of a build (vite.preload.ts).
  const { languages, pages } = JSON.parse(document.currentScript.dataset.scripts ?? '{"languages":{},"pages":{}}');
  const page = Object.keys(pages).find((path) => location.pathname.startsWith(path));
  for (const href of [...(languages[root.lang] ?? []), ...(pages[page] ?? [])]) {
    document.head.append(Object.assign(document.createElement('link'), { rel: 'modulepreload', href }));
  }
})();
