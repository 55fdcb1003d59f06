# shellcheck shell=bash
# Installing what is missing. Sourced after common.sh and postgres.sh.

# as_root COMMAND…: directly, or through sudo where that asks no question.
as_root() {
  if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi
}

can_be_root() { ((EUID == 0)) || { have sudo && sudo -n true 2>/dev/null; }; }

# apt_install PACKAGE…: without starting the services that the packages bring, since we run our own.
apt_install() {
  local policy=/usr/sbin/policy-rc.d made=0 status=0
  have apt-get || die "install these first: $*"
  can_be_root || die "install these first (as root): apt-get install $*"
  step "Installing $*"
  mkdir -p "$GAGE_HOME"
  # Debian asks this file before it starts a service; exit 101 means no.
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null && as_root chmod 755 "$policy"
    made=1
  fi
  # Without the package lists of today the install may still work; it alone decides. Another apt may be at work.
  {
    as_root apt-get update || true
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"
  } >"$GAGE_HOME/apt.log" 2>&1 || status=$?
  if ((made)); then as_root rm -f "$policy"; fi
  ((status == 0)) || die "apt-get failed: $(tail -n 5 "$GAGE_HOME/apt.log")"
}

install_postgres() { postgres_bin >/dev/null || apt_install postgresql; }
# Debian has pgbench beside the server.
install_pgbench() { pgbench_program >/dev/null || apt_install postgresql; }
# A browser, and letters for what it shows in Korean.
install_chromium() { have chromium || [[ -n ${CHROME_PATH:-} ]] || apt_install chromium fonts-noto-cjk; }
install_redis() { have redis-server || apt_install redis-server; }

# install_node_modules FOLDER: what its lock file names, unless it is there.
install_node_modules() {
  mkdir -p "$GAGE_HOME"
  (
    flock 9 # another script of this checkout may be installing the same
    if node_modules_match "$GAGE_ROOT/$1"; then exit; fi
    step "Installing npm packages of $1"
    npm ci --prefix "$GAGE_ROOT/$1" --no-audit --no-fund >"$GAGE_HOME/npm-$1.log" 2>&1 ||
      die "npm ci failed: $(tail -n 5 "$GAGE_HOME/npm-$1.log")"
  ) 9>>"$GAGE_HOME/npm.lock"
}

# node_modules_match FOLDER: whether what npm noted at its last install is what the lock file names now. Optional
# packages are for other machines too and may be absent.
node_modules_match() {
  node - "$1" <<'JS' 2>/dev/null
const read = (name) => JSON.parse(require('fs').readFileSync(`${process.argv[2]}/${name}`)).packages;
const wanted = read('package-lock.json'), present = read('node_modules/.package-lock.json');
const fits = ([path, { version, optional }]) => path === '' || (present[path] ? present[path].version === version : optional);
process.exit(Object.entries(wanted).every(fits) ? 0 : 1);
JS
}

# shellcheck disable=SC2034 # script/slither reads it
SLITHER=$GAGE_HOME/slither/bin/slither

# install_slither: what its list names, in a Python environment of its own, unless it is there.
install_slither() {
  local list=$GAGE_ROOT/contracts/script/slither.txt home=$GAGE_HOME/slither
  mkdir -p "$GAGE_HOME"
  (
    flock 9 # another script of this checkout may be installing the same
    if cmp -s "$list" "$home/installed.txt"; then exit; fi
    # Debian has what makes an environment in a package of its own.
    { have python3 && python3 -c 'import ensurepip'; } 2>/dev/null || apt_install python3 python3-venv
    step "Installing slither"
    rm -rf "$home"
    {
      python3 -m venv "$home" &&
        "$home/bin/pip" install --disable-pip-version-check --no-deps --only-binary :all: --require-hashes -r "$list"
    } >"$GAGE_HOME/slither.log" 2>&1 || die "slither cannot be installed: $(tail -n 5 "$GAGE_HOME/slither.log")"
    cp "$list" "$home/installed.txt"
  ) 9>>"$GAGE_HOME/slither.lock"
}

# cargo_tool NAME VERSION: install it where cargo keeps its programs, unless some version is there.
cargo_tool() {
  have "$1" && return
  step "Building $1 $2"
  foreground cargo install --quiet --locked "$1@$2"
}
