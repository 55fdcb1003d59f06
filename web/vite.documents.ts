import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type DocumentNode, print, stripIgnoredCharacters } from 'graphql';
import type { Plugin } from 'vite';

/** Where `npm run codegen` puts types and documents. */
const GENERATED = fileURLToPath(new URL('./src/api/generated/graphql.ts', import.meta.url));
const DOCUMENT = /^export const (\w+(?:Document|FragmentDoc)) = (\{.*\}) as unknown as DocumentNode<.*>;$/gm;
const MODULE = '\0gage-document:';

/** The text of a generated document, as short as it can be. */
export function documentText(name: string): string {
  const text = documents().get(name);
  if (text === undefined) throw new Error(`no document ${name}: is its operation in a .graphql file?`);
  return text;
}

function documents(): Map<string, string> {
  const found = readFileSync(GENERATED, 'utf8').matchAll(DOCUMENT);
  return new Map(
    [...found].map(([, name = '', tree = '']) => [
      name,
      stripIgnoredCharacters(print(JSON.parse(tree) as DocumentNode)),
    ]),
  );
}

/**
 * Makes of every generated document a module of its own, with its text in place of its tree: a page's script has the
 * documents of that page alone, at a tenth of the size. The client reads a text as it reads a tree.
 */
export function documentsAsText(): Plugin {
  return {
    name: 'gage-documents',
    apply: 'build',
    enforce: 'pre',
    transform(code, id) {
      if (id !== GENERATED) return undefined;
      const exports = code.replace(DOCUMENT, (_, name: string) => `export { ${name} } from '${MODULE}${name}';`);
      return { code: exports, map: null, moduleSideEffects: false };
    },
    resolveId: (id) => (id.startsWith(MODULE) ? { id, moduleSideEffects: false } : undefined),
    load(id) {
      if (!id.startsWith(MODULE)) return undefined;
      const name = id.slice(MODULE.length);
      return `export const ${name} = ${JSON.stringify(documentText(name))};`;
    },
  };
}
