# shellcheck shell=bash
# What is measured needs around it. Sourced after the parts.

# start_bench: servers of its own, their data on the disk as a shop would have them; all ends with the script.
start_bench() {
  # gage-bench has programs of its own to end.
  # shellcheck disable=SC2034 # process.sh reads it
  FOREGROUND_GRACE_SECS=40
  use_toolchains
  sweep_runs bench
  open_new_run bench
  on_end end_bench
  start_stores measured
  export_test_programs
}

end_bench() {
  stop_services
  remove_run
}

# export_test_programs: what the workspace's tests and the benchmark start by themselves.
export_test_programs() {
  install_pgbench
  install_node_modules contracts
  GAGE_GANACHE_BIN=${GAGE_GANACHE_BIN:-$GANACHE}
  GAGE_ANVIL_BIN=${GAGE_ANVIL_BIN:-$(anvil_program)}
  GAGE_PGBENCH_BIN=${GAGE_PGBENCH_BIN:-$(pgbench_program)}
  export GAGE_GANACHE_BIN GAGE_ANVIL_BIN GAGE_PGBENCH_BIN
}
