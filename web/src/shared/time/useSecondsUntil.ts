import { useNow } from './useNow';

/** Whole seconds until a moment, never below zero, counted down. */
export function useSecondsUntil(until: string): number {
  const now = useNow(1_000);
  return Math.max(0, Math.ceil((Date.parse(until) - now) / 1_000));
}
