// Ends a build: compresses what compresses well, once and as far as it goes, so that the server never does; and fails
// when the first load has grown too large.
// usage: node script/finish.mjs FOLDER
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const FIRST_LOAD_BYTES = 150_000;
const COMPRESSIBLE = /\.(html|js|css|svg|json|webmanifest)$/;

const folder = process.argv[2];
if (!folder) throw new Error('usage: node script/finish.mjs FOLDER');

const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && COMPRESSIBLE.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name));

/** @type {Map<string, number>} */
const sizes = new Map();
for (const file of files) {
  const bytes = readFileSync(file);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  const brotli = brotliCompressSync(bytes, { params });
  const gzip = gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION });
  sizes.set(file.slice(folder.length), gzip.length);
  for (const [ending, compressed] of /** @type {const} */ ([
    ['.br', brotli],
    ['.gz', gzip],
  ])) {
    if (compressed.length < bytes.length) writeFileSync(file + ending, compressed);
    else rmSync(file + ending, { force: true });
  }
}

// What stands in the document itself is let in by its hash: the server puts these into the Content-Security-Policy.
const page = readFileSync(join(folder, 'index.html'), 'utf8');
const hashes = (/** @type {string} */ element) =>
  [...page.matchAll(new RegExp(`<${element}>(.*?)</${element}>`, 'gs'))].map(
    ([, text = '']) => `sha256-${createHash('sha256').update(text).digest('base64')}`,
  );
const inline = { scripts: hashes('script'), styles: hashes('style') };
writeFileSync(join(folder, 'inline.json'), JSON.stringify(inline));

// The test chain's wallets are for development alone.
const TEST_WALLETS = 'myth like bonus';
if (folder.endsWith('production') && files.some((file) => readFileSync(file, 'utf8').includes(TEST_WALLETS))) {
  console.error('error: the build for production holds test wallets');
  process.exit(1);
}

// What the browser fetches before anything is shown: the scripts that index.html names, and what they import.
const first = [...page.matchAll(/(?:src|href)="(\/[^"]+\.js)"/g)].map((match) => match[1] ?? '');
const total = first.reduce((sum, file) => sum + (sizes.get(file) ?? 0), 0);
console.log(`first load: ${(total / 1000).toFixed(1)} kB of script (gzip) in ${first.length} files`);
if (total > FIRST_LOAD_BYTES) {
  console.error(`error: the first load may have ${FIRST_LOAD_BYTES / 1000} kB`);
  process.exit(1);
}
