import { useEffect, useRef } from 'react';
import { useLocation } from 'wouter';

/** A new page begins at its top, and whoever hears it begins there too. */
export function useNewPage() {
  const [location] = useLocation();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) {
      window.scrollTo(0, 0);
      main.current?.focus({ preventScroll: true });
    }
    first.current = false;
  }, [location]);
  return main;
}
