# shellcheck shell=bash
# What every script of this folder stands on: where things are, how to speak, and what a run ends when it ends.
# Sourced, never run. Needs Linux (/proc, flock, setsid).
# shellcheck disable=SC2034 # others read these names

GAGE_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
# Everything that the scripts start keeps its data below this git-ignored folder.
GAGE_HOME=$GAGE_ROOT/.gage
SECONDS=0

say() { printf '%s\n' "$*"; }
# A progress line with the time since the script began.
step() { printf '==> %2d:%02d  %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"; }
warn() { printf 'warning: %s\n' "$*" >&2; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# need PROGRAM HINT: end with the hint if the program is missing.
need() { have "$1" || die "$1 is missing: $2"; }

# on_end FUNCTION: run it when the script ends, however it ends. A bare `trap … EXIT` would be skipped by a signal that
# arrives while bash waits; turned into an exit, each signal takes the same way out.
on_end() {
  # shellcheck disable=SC2064 # the function's name is to be read now
  trap "end_with $1" EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
  trap 'exit 141' PIPE
}

end_with() {
  local status=$?
  # A second Ctrl-C, or a reader that went away, must not leave half of the parts running.
  trap '' INT TERM HUP PIPE
  set +e
  if ((status == 141)); then exec >/dev/null; fi
  stop_foreground
  "$1"
  # What a signal overtook between its start and its being remembered.
  jobs -pr | xargs -r kill 2>/dev/null
  exit "$status"
}

# use_toolchains: the programs that everything here needs and that no package of the distribution gives in the right version.
use_toolchains() {
  [[ $(uname -s) == Linux ]] || die "these scripts need Linux"
  if ! have cargo && [[ -x $HOME/.cargo/bin/cargo ]]; then PATH=$HOME/.cargo/bin:$PATH; fi
  need cargo "install Rust with rustup (https://rustup.rs); rust-toolchain.toml names the version"
  need node "install Node.js 20 or newer (https://nodejs.org)"
  need npm "install Node.js 20 or newer with npm (https://nodejs.org)"
  (($(node -p 'parseInt(process.versions.node)') >= 20)) || die "Node.js 20 or newer is needed; this is $(node --version)"
}
