# shellcheck shell=bash
# A server, a chain and tokens of their own for what runs in a real browser. Sourced after the parts.

# More than one, so that there is something to be followed.
BROWSER_CONFIRMATIONS=2

# start_shop NAME [BUILD ARGUMENTS…]: everything that a browser needs.
start_shop() {
  local name=$1
  sweep_runs "$name"
  open_new_run "$name"
  on_end shop_ended
  install_chromium
  start_stores passing
  use_own_database
  unset CHAIN_RPC_URL # blocks are mined as they are needed
  start_chain
  build_gage "${@:2}"
  configure_gage
  "$GAGE_BIN" migrate >"$RUN_DIR/gage/migrate.log" 2>&1 || die "gage migrate failed: $(tail -n 5 "$RUN_DIR/gage/migrate.log")"
  take_tokens
  gage_start
  step "Gage: $(gage_url)"
  GAGE_URL=$(gage_url) "${GAGE_BIN%/*}/gage-demo" seed || die "the demo shop cannot be opened"
}

# in_browser NAME [ARGUMENTS…]: a script of web/package.json. Some start replicas.
in_browser() {
  GAGE_URL=$(gage_url) CHAIN_RPC_URL=$(chain_url) GAGE_BIN=$GAGE_BIN foreground npm run --silent "$1" --prefix web -- "${@:2}"
}

shop_ended() {
  stop_services
  remove_run
}

# take_tokens: an escrow that takes a token of each kind, of which the customer has some; described as shops describe
# theirs.
take_tokens() {
  local key=$RUN_DIR/chain/deployer.key
  (umask 077 && account_key "$DEPLOYER" >"$key")
  GAGE_TEST_TOKEN=$(make_token "Test dollar" USDT)
  GAGE_TEST_PERMIT_TOKEN=$(make_token "Test coin" USDC)
  GAGE_TEST_ZERO_FIRST_TOKEN=$(make_token "Zero first" ZF ZeroFirstToken)
  "$GAGE_BIN" deploy-escrow --deployer-key-file "$key" \
    --tokens "$GAGE_TEST_TOKEN,$GAGE_TEST_PERMIT_TOKEN,$GAGE_TEST_ZERO_FIRST_TOKEN" >"$RUN_DIR/chain/escrow" ||
    die "the escrow contract cannot be deployed"
  # shellcheck source=/dev/null
  . "$RUN_DIR/chain/escrow"
  cat >"$RUN_DIR/gage/chains.toml" <<TOML
[[chain]]
id = $CHAIN_ID
name = "Test chain"
rpc = ["$CHAIN_RPC_URL"]
escrow = "$GAGE_ESCROW_ADDRESS"
start_block = $GAGE_ESCROW_START_BLOCK
arbiter = "$(account_address "$ARBITER")"
confirmations = $BROWSER_CONFIRMATIONS
head_age_max_secs = 0

[chain.coin]
symbol = "ETH"

$(describe_rates coin 3000 4200000)

[[chain.token]]
address = "$GAGE_TEST_TOKEN"
symbol = "USDT"
decimals = 6

$(describe_rates token 1 1400)

[[chain.token]]
address = "$GAGE_TEST_PERMIT_TOKEN"
symbol = "USDC"
decimals = 6
permit = true

[[chain.token]]
address = "$GAGE_TEST_ZERO_FIRST_TOKEN"
symbol = "ZF"
decimals = 18
TOML
  # The file stands in place of these.
  unset CHAIN_RPC_URL GAGE_CHAIN_ID GAGE_ESCROW_ADDRESS GAGE_ESCROW_START_BLOCK GAGE_ARBITER_ADDRESS
  export GAGE_TEST_TOKEN GAGE_TEST_PERMIT_TOKEN GAGE_TEST_ZERO_FIRST_TOKEN GAGE_CHAINS_FILE=$RUN_DIR/gage/chains.toml
}

# make_token NAME SYMBOL [CONTRACT]
make_token() {
  node web/e2e/token.mjs "$CHAIN_RPC_URL" "$RUN_DIR/chain/deployer.key" "$(account_address "$CUSTOMER")" "$@" ||
    die "the token $2 cannot be deployed"
}
