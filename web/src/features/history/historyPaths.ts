/** Every page's address in the history. */
export const historyPaths = {
  all: '/history',
  of: (filters: Readonly<Record<string, string>>) => `/history?${new URLSearchParams(filters).toString()}`,
  stream: (stream: string, sequence?: string | null) =>
    `/history/stream/${encodeURIComponent(stream)}${sequence ? `?at=${sequence}` : ''}`,
  proofs: '/history/proofs',
} as const;
