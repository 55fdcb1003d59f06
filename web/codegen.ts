import type { CodegenConfig } from '@graphql-codegen/cli';

/** Operations that only pages ask which nobody opens first: with a file of their own they come with those pages. */
const LATER = 'src/features/history/*.graphql';

/**
 * Types and documents from the committed SDL and from the operations that stand beside the features. Nothing of it is
 * committed: a document that the SDL does not have fails every command here, so nothing can drift.
 */
const generated = (documents: string[]) =>
  ({
    documents,
    preset: 'client',
    presetConfig: { fragmentMasking: false },
    config: {
      enumsAsTypes: true,
      useTypeImports: true,
      strictScalars: true,
      immutableTypes: true,
      scalars: {
        Address: '`0x${string}`',
        BaseUnits: 'string',
        Bytes: '`0x${string}`',
        Cursor: 'string',
        Date: 'string',
        DateTime: 'string',
        Hash: '`0x${string}`',
        JSON: 'unknown',
        Long: 'string',
        Quantity: '`0x${string}`',
        UUID: 'string',
      },
    },
  }) as const;

const config: CodegenConfig = {
  schema: '../api/schema.graphql',
  generates: {
    './src/api/generated/': generated(['src/**/*.graphql', `!${LATER}`]),
    './src/features/history/generated/': generated([LATER]),
  },
};

export default config;
