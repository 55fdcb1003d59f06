# shellcheck shell=bash
# A private test chain: Ganache with its well-known deterministic wallet. Sourced after process.sh.
# shellcheck disable=SC2034 # others read these names

GANACHE=$GAGE_ROOT/contracts/node_modules/.bin/ganache
CHAIN_ID=1337

# anvil_program: the one for this machine.
anvil_program() {
  local program
  for program in "$GAGE_ROOT"/contracts/node_modules/@foundry-rs/anvil-linux-*/bin/anvil; do
    if [[ -x $program ]]; then
      echo "$program"
      return
    fi
  done
  die "no Anvil for this machine comes from npm: set GAGE_ANVIL_BIN"
}

# The wallet's accounts by their place in it. Their keys are public: they hold test money alone.
OWNER=0
CUSTOMER=1
SECOND_CUSTOMER=2
AUDITOR=3
OPERATOR=4
ARBITER=5
PUBLISHER=8
DEPLOYER=9

# Mining is automatic: with --miner.blockTime, Ganache leaves transactions with later nonces stuck for good.
chain_launch() {
  spawn chain "$GANACHE" --server.host 127.0.0.1 --server.port "$(port_of chain)" \
    --wallet.deterministic --wallet.accountKeysPath "$(chain_accounts)" --database.dbPath "$RUN_DIR/chain/data" \
    --chain.chainId "$CHAIN_ID" --chain.networkId "$CHAIN_ID" --chain.hardfork shanghai
}

chain_ready() { listening chain; }
# 8545 is where wallets and tools look for a local chain.
chain_start() { start_part chain 60 chain_ready chain_launch 8545; }
chain_url() { echo "http://127.0.0.1:$(port_of chain)"; }
chain_stop() { stop_part chain TERM 20; }

# own_chain: whether the chain is the one that we run, with its test wallet, and not one that the environment named.
own_chain() { alive chain; }

# Where Ganache writes its wallet: { addresses: { A: A }, private_keys: { A: key } }.
chain_accounts() { echo "$RUN_DIR/chain/accounts.json"; }

# account_address INDEX and account_key INDEX
account_address() { wallet_entry "$1" 0; }
account_key() { wallet_entry "$1" 1; }
wallet_entry() {
  node -p 'Object.entries(JSON.parse(require("fs").readFileSync(process.argv[1])).private_keys)[process.argv[2]][process.argv[3]]' \
    "$(chain_accounts)" "$1" "$2"
}
