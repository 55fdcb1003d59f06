import { defineConfig } from 'vitest/config';

/** What runs in a browser: tests by themselves, measurements and pictures as a mode. */
const FILES: Record<string, string> = { lighthouse: '*.lighthouse.ts', pictures: '*.pictures.ts' };

export default defineConfig(({ mode }) => ({
  test: {
    root: import.meta.dirname,
    include: [FILES[mode] ?? '*.e2e.ts'],
    environment: 'node',
    // One browser at a time: the tests share a server and a chain.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
}));
