/// <reference types="vitest/config" />
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const backend = process.env.STUDIOLO_URL ?? 'http://127.0.0.1:8765';
const proxied = { target: backend, changeOrigin: true };

// what pages are made of, but charts, editors and what reads whole formats, which few pages have
const PARTS =
  /node_modules\/(@mantine|@tabler|@tanstack)|src\/(kernel|kit\/(?!charts|code|log|lineage|folder))/;

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
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // what the first page loads stays in one file: apart, by who else uses it, it compresses worse with each lazy page
            { name: 'first', tags: ['$initial'] },
            // and so do the parts that most pages are made of: a page of seventy small files waits for them longer than for its data
            { name: 'parts', test: PARTS, minShareCount: 3, includeDependenciesRecursively: false },
          ],
        },
      },
    },
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
