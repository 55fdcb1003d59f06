/** What the page does first is mostly done by then. */
const LATEST_MS = 5_000;

/** Does what can wait when the page has loaded and the browser has nothing else to do. */
export function whenIdle(act: () => void): void {
  const soon = () => {
    // Safari has none.
    if ('requestIdleCallback' in globalThis) requestIdleCallback(act, { timeout: LATEST_MS });
    else setTimeout(act, 1_000);
  };
  if (document.readyState === 'complete') soon();
  else addEventListener('load', soon, { once: true });
}
