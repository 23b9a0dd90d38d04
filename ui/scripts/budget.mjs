// Fails the build when the first page costs more than the budget (gzip bytes, read from the manifest).
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const LIMITS = { js: 190_000, css: 40_000, lazy: 240_000, total: 6_000_000 };
const root = join(dirname(fileURLToPath(import.meta.url)), '../../src/studiolo/server/static');
const manifest = JSON.parse(readFileSync(join(root, 'manifest.json'), 'utf8'));
const gzip = (file) => gzipSync(readFileSync(join(root, file)), { level: 9 }).length;

const entry = Object.values(manifest).find((chunk) => chunk.isEntry);
const initial = new Set();
const styles = new Set();
(function walk(chunk) {
  if (initial.has(chunk.file)) return;
  initial.add(chunk.file);
  for (const sheet of chunk.css ?? []) styles.add(sheet);
  for (const name of chunk.imports ?? []) walk(manifest[name]);
})(entry);

const sum = (files) => [...files].reduce((total, file) => total + gzip(file), 0);
const lazy = Object.values(manifest)
  .filter((chunk) => chunk.file.endsWith('.js') && !initial.has(chunk.file))
  .map((chunk) => ({ file: chunk.file, size: gzip(chunk.file) }))
  .sort((a, b) => b.size - a.size);
const size = (folder) =>
  readdirSync(folder, { withFileTypes: true }).reduce((total, item) => {
    const path = join(folder, item.name);
    return total + (item.isDirectory() ? size(path) : statSync(path).size);
  }, 0);

const found = { js: sum(initial), css: sum(styles), lazy: lazy[0]?.size ?? 0, total: size(root) };
const names = {
  js: 'initial JS, gzip',
  css: 'initial CSS, gzip',
  lazy: `largest lazy chunk, gzip (${lazy[0]?.file})`,
  total: 'all files',
};
let failed = false;
for (const [key, limit] of Object.entries(LIMITS)) {
  const over = found[key] > limit;
  failed ||= over;
  console.log(
    `${over ? 'OVER ' : 'ok   '} ${names[key]}: ${(found[key] / 1000).toFixed(1)} kB of ${limit / 1000} kB`,
  );
}
process.exit(failed ? 1 : 0);
