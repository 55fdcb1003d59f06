// Before anything is painted: the remembered appearance and language, so that nothing flashes. A file of its own, since
// the Content-Security-Policy lets no inline script in.
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
})();
