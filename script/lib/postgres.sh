# shellcheck shell=bash
# A private PostgreSQL. Sourced after process.sh.

# postgres_bin: the folder of the newest installed server's programs (Debian keeps them out of PATH).
postgres_bin() {
  local dir
  for dir in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV) "$(dirname "$(command -v initdb || echo /none/)")"; do
    if [[ -x $dir/initdb && -x $dir/postgres ]]; then
      echo "$dir"
      return
    fi
  done
  return 1
}

# PostgreSQL refuses to run as root. setpriv turns into the command it is given, so the pid that we see is the server's.
AS_POSTGRES=()
if ((EUID == 0)); then AS_POSTGRES=(setpriv --reuid=postgres --regid=postgres --init-groups); fi

# postgres_data: the data folder. When the user postgres cannot reach the checkout (one below /root, say), it is a link
# to a folder in /var/tmp.
postgres_data() {
  local data=$RUN_DIR/postgres/data
  mkdir -p "$RUN_DIR/postgres"
  if [[ ! -e $data ]]; then
    rm -f "$data" # a link whose folder was cleaned away
    if "${AS_POSTGRES[@]}" test -x "$RUN_DIR/postgres"; then
      mkdir "$data"
    else
      ln -s "$(mktemp -d /var/tmp/gage-postgres.XXXXXX)" "$data"
    fi
    if ((EUID == 0)); then chown postgres "$data/."; fi
    chmod 700 "$data/."
  fi
  readlink -f "$data"
}

# pgbench_program: beside the server; some systems have it in PATH alone.
pgbench_program() {
  local beside
  beside=$(postgres_bin)/pgbench
  if [[ -x $beside ]]; then echo "$beside"; else command -v pgbench; fi
}

# postgres_init KIND: make the cluster once; KIND is `lasting`, `passing` or `measured`.
postgres_init() {
  local data bin
  data=$(postgres_data)
  bin=$(postgres_bin)
  # A cluster without our mark is the leftover of an interrupted run.
  [[ -f $RUN_DIR/postgres/made ]] && [[ -f $data/PG_VERSION ]] && return
  find "$data" -mindepth 1 -delete
  # Anyone on this machine may connect: it listens on the loopback address alone and holds test money.
  (cd / && "${AS_POSTGRES[@]}" "$bin/initdb" -D "$data" -U gage -A trust --locale=C -E UTF8 --no-instructions) >"$RUN_DIR/postgres/initdb.log" 2>&1 ||
    die "initdb failed: $(tail -n 3 "$RUN_DIR/postgres/initdb.log")"
  postgres_settings "$1" >>"$data/postgresql.conf"
  touch "$RUN_DIR/postgres/made"
}

postgres_settings() {
  # No socket: its path would have to be shorter than a checkout's may be.
  echo "listen_addresses = '127.0.0.1'"
  echo "unix_socket_directories = ''"
  echo "max_connections = 300"
  echo "log_min_messages = warning"
  case $1 in
    # These data are deleted when the run ends, so a power cut costs nothing; a killed server still keeps every commit.
    passing) printf '%s\n' 'fsync = off' 'full_page_writes = off' ;;
    # As a shop would run it: every commit is on the disk, a quarter of a small machine's memory for the cache, and room
    # for the log between two checkpoints.
    measured) printf '%s\n' 'fsync = on' 'shared_buffers = 512MB' 'max_wal_size = 4GB' ;;
  esac
}

postgres_launch() {
  local data bin
  data=$(readlink -f "$RUN_DIR/postgres/data")
  bin=$(postgres_bin)
  spawn postgres "${AS_POSTGRES[@]}" "$bin/postgres" -D "$data" -p "$(port_of postgres)"
}

# Line 1 of the server's own pid file is its pid, line 8 says that it takes connections.
postgres_ready() {
  local lines
  { mapfile -t lines <"$RUN_DIR/postgres/data/postmaster.pid"; } 2>/dev/null || return 1
  [[ ${lines[0]:-} == "$(pid_of postgres)" && ${lines[7]:-} == ready* ]]
}

# postgres_start KIND
postgres_start() {
  postgres_init "$1"
  start_part postgres 30 postgres_ready postgres_launch
}

# postgres_url DATABASE
postgres_url() { echo "postgres://gage@127.0.0.1:$(port_of postgres)/$1"; }

# postgres_database NAME: create the database if it is not there.
postgres_database() {
  local psql
  psql=$(postgres_bin)/psql
  "$psql" -XAtq "$(postgres_url postgres)" -c "SELECT 1 FROM pg_database WHERE datname = '$1'" | grep -q 1 ||
    "$psql" -Xq "$(postgres_url postgres)" -c "CREATE DATABASE \"$1\""
}

# SIGINT is PostgreSQL's fast shutdown: it ends the sessions and writes a checkpoint.
postgres_stop() { stop_part postgres INT 30; }

# postgres_forget: delete the data folder where the link leads, if it is one that we made.
postgres_forget() {
  local data
  data=$(readlink -f "$RUN_DIR/postgres/data") || return 0
  if [[ $data == /var/tmp/gage-postgres.* ]]; then rm -rf "$data"; fi
}
