# shellcheck shell=bash
# Building, configuring and running the binary `gage`. Sourced after the parts.

GAGE_BIN=

# build_gage [PROFILE ARGUMENTS…]
build_gage() {
  local target profile=debug
  build_pages "$@"
  step "Building gage (the first time takes minutes)"
  # For the whole workspace, so that the dependencies get the same features as for script/test and are built once.
  foreground cargo build --workspace --bins "$@" || die "gage does not build"
  [[ " $* " != *" --release "* ]] || profile=release
  target=$(cargo metadata --format-version 1 --no-deps --offline | node -p 'JSON.parse(require("fs").readFileSync(0)).target_directory')
  GAGE_BIN=$target/$profile/gage
}

# build_pages [PROFILE ARGUMENTS…]: what `gage` shows to browsers, unless it is there. A release holds the one for
# production, which has no test wallets; other builds read the one for their environment.
build_pages() {
  local kind=${GAGE_ENV:-development}
  [[ " $* " != *" --release "* ]] || kind=production
  install_node_modules web
  if pages_are_built "$kind"; then return; fi
  step "Building the pages"
  foreground npm run --silent "build:$kind" --prefix web >"$GAGE_HOME/pages.log" 2>&1 ||
    die "the pages cannot be built: $(tail -n 20 "$GAGE_HOME/pages.log")"
}

# pages_are_built KIND: whether nothing that they are made of is newer.
pages_are_built() {
  local built=$GAGE_ROOT/web/dist/$1/index.html.gz
  [[ -e $built ]] || return 1
  [[ -z $(find "$GAGE_ROOT/api/schema.graphql" "$GAGE_ROOT/web" \( -name node_modules -o -name dist -o -name generated \) -prune -o -type f -newer "$built" -print -quit) ]]
}

# configure_gage: what `gage` reads, exported. What the caller has set stays.
configure_gage() {
  mkdir -p "$RUN_DIR/gage"
  export GAGE_ENV=${GAGE_ENV:-development}
  if [[ -z ${GAGE_QUOTE_SIGNER_KEY:-}${GAGE_QUOTE_SIGNER_KEY_FILE:-} ]]; then
    export GAGE_QUOTE_SIGNER_KEY_FILE=$RUN_DIR/gage/quote-signer.key
    [[ -s $GAGE_QUOTE_SIGNER_KEY_FILE ]] || new_key "$GAGE_QUOTE_SIGNER_KEY_FILE"
  fi
  if [[ -z ${GAGE_CHECKPOINT_KEY:-}${GAGE_CHECKPOINT_KEY_FILE:-} ]]; then
    export GAGE_CHECKPOINT_KEY_FILE=$RUN_DIR/gage/checkpoint.key
    [[ -s $GAGE_CHECKPOINT_KEY_FILE ]] || new_key "$GAGE_CHECKPOINT_KEY_FILE"
  fi
  if [[ -z ${GAGE_PERSONAL_DATA_KEY:-}${GAGE_PERSONAL_DATA_KEY_FILE:-} ]]; then
    export GAGE_PERSONAL_DATA_KEY_FILE=$RUN_DIR/gage/personal-data.key
    [[ -s $GAGE_PERSONAL_DATA_KEY_FILE ]] || new_key "$GAGE_PERSONAL_DATA_KEY_FILE"
  fi
  # A name that outlives the port.
  export GAGE_CHECKPOINT_ORIGIN=${GAGE_CHECKPOINT_ORIGIN:-gage.local/log}
  if own_chain; then
    export GAGE_AUDITORS=${GAGE_AUDITORS:-$(account_address "$AUDITOR")}
    export GAGE_OPERATORS=${GAGE_OPERATORS:-$(account_address "$OPERATOR")}
  else
    export GAGE_CHAIN_ID=${GAGE_CHAIN_ID:-$CHAIN_ID}
  fi
}

# new_key FILE: a random private key that only we can read. (A number above the curve's order has a chance of 2^-128.)
new_key() {
  (umask 077 && node -p '"0x" + crypto.randomBytes(32).toString("hex")' >"$1")
}

# deploy_escrow: once for each chain of ours, with a test dollar that it takes; then what was printed is remembered. On a
# foreign chain the settings that name the contract must be given.
deploy_escrow() {
  local folder=$RUN_DIR/chain key=$RUN_DIR/chain/deployer.key told
  if [[ -n ${GAGE_CHAINS_FILE:-}${GAGE_ESCROW_ADDRESS:-} ]]; then return; fi
  own_chain ||
    die "CHAIN_RPC_URL is set, so set GAGE_ESCROW_ADDRESS and GAGE_ESCROW_START_BLOCK too ('gage deploy-escrow' gives both)"
  if [[ ! -s $folder/contracts ]]; then
    (umask 077 && account_key "$DEPLOYER" >"$key")
    told=$("${GAGE_BIN%/*}/gage-demo" token) || die "the test dollar cannot be deployed: $told"
    "$GAGE_BIN" deploy-escrow --deployer-key-file "$key" --tokens "${told#TEST_DOLLAR=}" >"$folder/contracts.new" ||
      die "the escrow contract cannot be deployed"
    echo "$told" >>"$folder/contracts.new"
    mv "$folder/contracts.new" "$folder/contracts"
  fi
  describe_chain >"$folder/chains.toml"
  export GAGE_CHAINS_FILE=$folder/chains.toml
  # They are in the file.
  unset GAGE_CHAIN_ID GAGE_ARBITER_ADDRESS GAGE_CONFIRMATIONS GAGE_POLL_INTERVAL_MS GAGE_HEAD_AGE_MAX_SECS
  step "Escrow: $(value_of GAGE_ESCROW_ADDRESS "$folder/contracts")"
}

# value_of NAME FILE: from a line NAME=value.
value_of() { sed -n "s/^$1=//p" "$2"; }

# describe_chain: our chain as GAGE_CHAINS_FILE has it. Prices in fiat money are at made-up rates.
describe_chain() {
  local contracts=$RUN_DIR/chain/contracts
  cat <<TOML
[[chain]]
id = $CHAIN_ID
name = "Local test chain"
rpc = ["\$CHAIN_RPC_URL"]
escrow = "$(value_of GAGE_ESCROW_ADDRESS "$contracts")"
start_block = $(value_of GAGE_ESCROW_START_BLOCK "$contracts")
arbiter = "${GAGE_ARBITER_ADDRESS:-$(account_address "$ARBITER")}"
confirmations = ${GAGE_CONFIRMATIONS:-1}
poll_interval_ms = ${GAGE_POLL_INTERVAL_MS:-1000}
head_age_max_secs = ${GAGE_HEAD_AGE_MAX_SECS:-0}

[chain.coin]
symbol = "ETH"

$(describe_rates coin 3000 4200000)

[[chain.token]]
address = "$(value_of TEST_DOLLAR "$contracts")"
symbol = "TUSD"
decimals = 6

$(describe_rates token 1 1400)
TOML
}

# describe_rates coin|token DOLLARS WON: what one costs.
describe_rates() {
  printf '[[chain.%s.rate]]\nfiat = "%s"\nprice = "%s"\n\n' "$1" USD "$2" "$1" KRW "$3"
}

# deploy_anchor: once for each chain of ours; then anchors are written there by one of its test accounts, every minute.
deploy_anchor() {
  local folder=$RUN_DIR/chain
  if ! own_chain || [[ -n ${GAGE_ANCHOR_KEY:-}${GAGE_ANCHOR_KEY_FILE:-} ]]; then return; fi
  if [[ ! -s $folder/anchor ]]; then
    (umask 077 && account_key "$DEPLOYER" >"$folder/deployer.key" && account_key "$PUBLISHER" >"$folder/publisher.key")
    "$GAGE_BIN" deploy-anchor --deployer-key-file "$folder/deployer.key" >"$folder/anchor.new" ||
      die "the contract for anchors cannot be deployed"
    mv "$folder/anchor.new" "$folder/anchor"
  fi
  export GAGE_ANCHOR_KEY_FILE=$folder/publisher.key GAGE_ANCHOR_CONTRACT GAGE_ANCHOR_INTERVAL_SECS
  GAGE_ANCHOR_CONTRACT=$(value_of GAGE_ANCHOR_CONTRACT "$folder/anchor")
  GAGE_ANCHOR_INTERVAL_SECS=${GAGE_ANCHOR_INTERVAL_SECS:-60}
}

gage_launch() {
  export GAGE_LISTEN
  GAGE_LISTEN=127.0.0.1:$(port_of gage)
  spawn gage "$GAGE_BIN" serve
}

gage_ready() { listening gage && http_ok "$(port_of gage)" /readyz; }
gage_start() { start_part gage 60 gage_ready gage_launch 8080; }
gage_url() { echo "http://127.0.0.1:$(port_of gage)"; }

# http_ok PORT PATH: whether a GET there is answered with 200.
http_ok() (
  exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
  printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1:%s\r\n\r\n' "$2" "$1" >&3
  read -r -t 5 _ status _ <&3 && [[ $status == 200 ]]
) 2>/dev/null

# write_environment: what script/gage and script/demo need to reach this run, in shell syntax.
write_environment() {
  local name
  (
    umask 077
    export GAGE_URL GAGE_ACCOUNTS_FILE
    GAGE_URL=$(gage_url)
    GAGE_ACCOUNTS_FILE=$(chain_accounts)
    for name in GAGE_URL GAGE_BIN GAGE_ACCOUNTS_FILE DATABASE_URL REDIS_URL CHAIN_RPC_URL "${!GAGE_@}"; do
      case $name in GAGE_ROOT | GAGE_HOME) continue ;; esac
      printf '%s=%q\n' "$name" "${!name}"
    done | sort -u >"$RUN_DIR/env"
  )
}

# start_server KIND [BUILD ARGUMENTS…]: everything, from the stores to a server that answers. KIND is `lasting` or
# `passing`.
start_server() {
  start_stores "$1"
  use_own_database
  start_chain
  build_gage "${@:2}"
  configure_gage
  "$GAGE_BIN" migrate >"$RUN_DIR/gage/migrate.log" 2>&1 || die "gage migrate failed: $(tail -n 5 "$RUN_DIR/gage/migrate.log")"
  deploy_escrow
  deploy_anchor
  gage_start
  step "Gage: $(gage_url)"
}

use_own_database() {
  if [[ $DATABASE_URL == "$(postgres_url postgres)" ]]; then
    postgres_database gage
    DATABASE_URL=$(postgres_url gage)
  fi
}
