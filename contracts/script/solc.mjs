#!/usr/bin/env node
// The command `solc` as slither calls it, `solc --version` and `solc FILE --combined-json …`, answered by the pinned
// compiler with our settings: so slither looks at exactly what is deployed.
import { compilerVersion, compileWith } from './compile.mjs'

const [file] = process.argv.slice(2)

if (file === '--version') {
  console.log(compilerVersion)
} else {
  const parts = ['abi', 'devdoc', 'userdoc', 'evm.bytecode', 'evm.deployedBytecode']
  const { contracts, sources } = compileWith({ '*': { '*': parts, '': ['ast'] } }, file)
  const combined = Object.entries(contracts).flatMap(([path, byName]) =>
    Object.entries(byName).map(([name, contract]) => [`${path}:${name}`, flat(contract)]),
  )
  const asts = Object.entries(sources).map(([path, { ast }]) => [path, { AST: ast }])
  const sourceList = Object.keys(sources)
  console.log(JSON.stringify({ contracts: Object.fromEntries(combined), sources: Object.fromEntries(asts), sourceList }))
}

function flat({ abi, devdoc, userdoc, evm: { bytecode, deployedBytecode } }) {
  return {
    ...{ abi, devdoc, userdoc, bin: bytecode.object, 'bin-runtime': deployedBytecode.object },
    ...{ srcmap: bytecode.sourceMap, 'srcmap-runtime': deployedBytecode.sourceMap },
  }
}
