# shellcheck shell=bash
# Starting and ending programs, so that a run ends exactly what it started: a pid counts only together with the time
# at which that process began, so a pid that the system gave to another program is never signalled.
# Sourced after common.sh.

# The folder of this run, set by open_run; each part (postgres, redis, chain, gage) has a folder in it.
RUN_DIR=
# The lock on RUN_DIR, held as long as the script lives: whatever it starts gets it closed. (Until a run is opened it
# is a file that nobody misses, so that it can be closed all the same.)
exec {LOCK_FD}</dev/null
# The process group of the command that the script waits for, if any.
FOREGROUND=
# How long that command may take to end when asked.
FOREGROUND_GRACE_SECS=10

# open_run NAME: take the folder of a lasting run (its data stay), or fail if another script has it.
open_run() {
  RUN_DIR=$GAGE_HOME/$1
  mkdir -p "$RUN_DIR"
  lock_run || return 1
}

# open_new_run NAME: a folder of its own for a run whose data are thrown away.
open_new_run() {
  mkdir -p "$GAGE_HOME"
  RUN_DIR=$(mktemp -d "$GAGE_HOME/$1.XXXXXX")
  chmod 755 "$RUN_DIR" # PostgreSQL runs as another user when we are root
  lock_run
}

lock_run() {
  exec {LOCK_FD}<&- {LOCK_FD}>>"$RUN_DIR/lock"
  flock -n "$LOCK_FD"
}

# begun PID: when it began, in clock ticks since boot; fails if there is no such process, or only a zombie of it.
begun() {
  local stat
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  # The program's name stands in parentheses and may hold anything; count the fields after it.
  read -r -a stat <<<"${stat##*) }"
  # Nothing stands there when it ended while it was read.
  [[ ${stat[0]:-X} != [ZX] ]] && echo "${stat[19]}"
}

# remember PART PID: the boot, the pid and its beginning, which together name one process for ever.
remember() {
  echo "$(</proc/sys/kernel/random/boot_id) $2 $(begun "$2")" >"$RUN_DIR/$1/pid"
}

# pid_of PART: its pid if it lives and is still the process that was started.
pid_of() {
  local boot pid time
  { read -r boot pid time <"$RUN_DIR/$1/pid"; } 2>/dev/null || return 1
  [[ $boot == "$(</proc/sys/kernel/random/boot_id)" && -n $time && $(begun "$pid") == "$time" ]] && echo "$pid"
}

alive() { pid_of "$1" >/dev/null; }

# spawn PART COMMAND…: start it in the background and remember it. In a session of its own, so that a Ctrl-C reaches
# this script alone, which then ends the parts in their order. The command must not fork itself away.
spawn() {
  local part=$1
  shift
  mkdir -p "$RUN_DIR/$part"
  # Ctrl-C is ignored in background jobs, and children would inherit that.
  setsid env --default-signal=INT,QUIT "$@" </dev/null >>"$RUN_DIR/$part/log" 2>&1 {LOCK_FD}>&- &
  remember "$part" $!
  disown $! # its death is told in our words, not in bash's
}

# stop_part PART [SIGNAL [SECONDS]]: ask it to end, wait, and kill it if it does not.
stop_part() {
  local part=$1 signal=${2:-TERM} tenths=$((${3:-20} * 10)) pid
  if pid=$(pid_of "$part"); then
    kill "-$signal" "$pid" 2>/dev/null || true
    while alive "$part" && ((tenths-- > 0)); do sleep 0.1; done
    if alive "$part"; then
      warn "$part did not end when asked; killing it"
      kill -KILL "$pid" 2>/dev/null || true
      while alive "$part"; do sleep 0.1; done
    fi
  fi
  rm -f "$RUN_DIR/$part/pid"
}

# foreground COMMAND…: run it and wait, in a way that a signal to this script ends it with all that it started (bash
# would put the signal off until the command ends), and that nothing which it leaves behind lives on.
foreground() {
  local status=0
  setsid env --default-signal=INT,QUIT "$@" </dev/null {LOCK_FD}>&- &
  FOREGROUND=$!
  if [[ -n $RUN_DIR ]]; then
    mkdir -p "$RUN_DIR/command"
    remember command "$FOREGROUND"
  fi
  wait "$FOREGROUND" || status=$?
  stop_foreground
  return "$status"
}

stop_foreground() {
  if [[ -z $FOREGROUND ]]; then return; fi
  stop_group "$FOREGROUND"
  FOREGROUND=
}

# stop_group NUMBER: end every process of the group. Its number is not given away while a member lives, and signalling
# an empty group does nothing.
stop_group() {
  local tenths=$((FOREGROUND_GRACE_SECS * 10))
  kill -TERM -- "-$1" 2>/dev/null || return 0
  while kill -0 -- "-$1" 2>/dev/null && ((tenths-- > 0)); do sleep 0.1; done
  kill -KILL -- "-$1" 2>/dev/null || true
}

# owns_port PID PORT: whether this very process listens there, rather than another one that was faster.
owns_port() {
  local pattern inode
  printf -v pattern ':%04X$' "$2"
  while read -r inode; do
    if find "/proc/$1/fd" -lname "socket:\[$inode\]" 2>/dev/null | grep -q .; then return; fi
  done < <(awk -v port="$pattern" '$4 == "0A" && $2 ~ port { print $10 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null)
  return 1
}

port_is_free() { ! (: >"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# choose_port PART [PREFERRED…]: a free port, remembered: last time's if it is free, else a preferred one, else any
# below the range that the system gives to outgoing connections.
choose_port() {
  local part=$1 port
  mkdir -p "$RUN_DIR/$part"
  # shellcheck disable=SC2046 # a list of numbers
  for port in $(port_of "$part") "${@:2}" $(shuf -i 20000-32000 -n 50); do
    if port_is_free "$port"; then
      echo "$port" >"$RUN_DIR/$part/port"
      return
    fi
  done
  die "no free port for $part"
}

port_of() { cat "$RUN_DIR/$1/port" 2>/dev/null || true; }

# listening PART: whether the part has opened its port.
listening() {
  local pid
  pid=$(pid_of "$1") && owns_port "$pid" "$(port_of "$1")"
}

# await PART SECONDS COMMAND…: until the command succeeds; fails early when the part has died.
await() {
  local part=$1 tenths=$(($2 * 10))
  shift 2
  until "$@"; do
    alive "$part" && ((tenths-- > 0)) || return 1
    sleep 0.1
  done
}

# start_part PART SECONDS READY LAUNCH [PREFERRED_PORT…]: LAUNCH spawns the part on `port_of PART`; READY says whether
# it serves. Another program may take the port between the choice and the start, so this tries thrice.
start_part() {
  local part=$1 seconds=$2 ready=$3 launch=$4 attempt
  shift 4
  for attempt in 1 2 3; do
    choose_port "$part" "$@"
    : >"$RUN_DIR/$part/log"
    "$launch"
    if await "$part" "$seconds" "$ready"; then return; fi
    stop_part "$part"
    # A failed start may be the port's fault: choose anew.
    rm -f "$RUN_DIR/$part/port"
    set --
    warn "$part did not start (attempt $attempt)"
  done
  tail -n 20 "$RUN_DIR/$part/log" >&2
  die "$part does not start; its log is above and in $RUN_DIR/$part/log"
}
