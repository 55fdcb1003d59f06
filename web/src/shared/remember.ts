/** A text that a browser keeps for this shop. Where it may not (private windows), nothing is remembered, and no more. */
export interface Remembered {
  get: () => string | null;
  set: (text: string | null) => void;
}

export function remember(name: string): Remembered {
  const key = `gage.${name}`;
  return {
    get() {
      try {
        return localStorage.getItem(key);
      } catch {
        return null;
      }
    },
    set(text) {
      try {
        if (text === null) localStorage.removeItem(key);
        else localStorage.setItem(key, text);
      } catch {
        // Full or forbidden.
      }
    },
  };
}
