/// <reference types="vitest/config" />
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const backend = process.env.STUDIOLO_URL ?? 'http://127.0.0.1:8765';
const proxied = { target: backend, changeOrigin: true };

// tests of what reads or writes streams, which jsdom lacks and shares with nobody
const STREAMS = ['src/kernel/sse.test.ts', 'src/studio/datasets/upload/packing.test.ts'];

export default defineConfig({
  base: '/',
  plugins: [react()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    outDir: '../src/studiolo/server/static',
    emptyOutDir: true,
    manifest: 'manifest.json',
    target: 'es2022',
    assetsInlineLimit: 0, // the content security policy allows no data: fonts
    chunkSizeWarningLimit: 900, // the real limit is scripts/budget.mjs, in gzip
    // what the first page loads stays in one file: apart, by who else uses it, it compresses worse with each lazy page
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'first', tags: ['$initial'] }] } } },
  },
  server: {
    proxy: {
      '^/w/[^/]+/(api|serve)(/|$)': proxied,
      '^/(api|login|logout|health)(/|$|\\?)': proxied,
    },
  },
  test: {
    environment: 'jsdom',
    setupFiles: ['src/testing/setup.ts'],
    css: false,
    testTimeout: 15_000,
    // Each file has a jsdom of its own; made in a process of its own too, it takes longer than the tests.
    projects: [
      {
        extends: true,
        test: {
          name: 'pages',
          pool: 'vmThreads',
          include: ['src/**/*.test.{ts,tsx}'],
          exclude: STREAMS,
        },
      },
      { extends: true, test: { name: 'streams', include: STREAMS } },
    ],
  },
});
