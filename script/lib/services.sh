# shellcheck shell=bash
# The stores and the chain of a run: those that the environment names, else private ones. Sourced after the parts.

# start_stores KIND: PostgreSQL and Redis, exported as DATABASE_URL and REDIS_URL. KIND is `lasting`,
# `passing` or `measured`.
start_stores() {
  if [[ -n ${DATABASE_URL:-} ]]; then
    step "PostgreSQL: the one that DATABASE_URL names"
  else
    install_postgres
    postgres_start "$1"
    DATABASE_URL=$(postgres_url postgres)
    step "PostgreSQL: $DATABASE_URL"
  fi
  if [[ -n ${REDIS_URL:-} ]]; then
    step "Redis: the one that REDIS_URL names"
  else
    install_redis
    redis_start
    REDIS_URL=$(redis_url)
    step "Redis: $REDIS_URL"
  fi
  export DATABASE_URL REDIS_URL
}

# start_chain: Ganache, exported as CHAIN_RPC_URL.
start_chain() {
  if [[ -n ${CHAIN_RPC_URL:-} ]]; then
    step "Chain: the one that CHAIN_RPC_URL names"
  else
    install_node_modules contracts
    chain_start
    CHAIN_RPC_URL=$(chain_url)
    step "Chain: $CHAIN_RPC_URL (Ganache, chain id $CHAIN_ID)"
  fi
  export CHAIN_RPC_URL
}

# stop_services: what this run started; what the environment named was never ours.
stop_services() {
  local group
  if group=$(pid_of command); then stop_group "$group"; fi
  stop_part gage TERM 30
  chain_stop
  redis_stop
  postgres_stop
}

# sweep_runs NAME: end and delete what killed runs of this kind left behind. A run whose lock is held is alive.
sweep_runs() {
  local dir
  for dir in "$GAGE_HOME/$1".*/; do
    [[ -d $dir ]] || continue
    ( # of which nothing is to stay: neither its folder's name nor its lock
      # shellcheck disable=SC2030,SC2031
      RUN_DIR=${dir%/}
      lock_run || exit 0
      stop_services
      remove_run
    )
  done
}

remove_run() {
  postgres_forget
  # shellcheck disable=SC2031 # sweep_runs changes it in a subshell only
  rm -rf "$RUN_DIR"
}
