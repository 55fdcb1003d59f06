const FIRST_MS = 500;
const LONGEST_MS = 10_000;

/** How long to wait before the next try, in milliseconds: longer each time, and not for all at once. */
export function waitOf(retries: number): number {
  return Math.min(FIRST_MS * 2 ** retries, LONGEST_MS) * (0.5 + Math.random() / 2);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
