# shellcheck shell=bash
# Everything of this folder, in the order that it needs. A script sources this alone.
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=common.sh
. "$here/common.sh"
# shellcheck source=process.sh
. "$here/process.sh"
# shellcheck source=postgres.sh
. "$here/postgres.sh"
# shellcheck source=redis.sh
. "$here/redis.sh"
# shellcheck source=chain.sh
. "$here/chain.sh"
# shellcheck source=install.sh
. "$here/install.sh"
# shellcheck source=services.sh
. "$here/services.sh"
# shellcheck source=gage.sh
. "$here/gage.sh"
# shellcheck source=browser.sh
. "$here/browser.sh"
# shellcheck source=bench.sh
. "$here/bench.sh"
unset here
cd "$GAGE_ROOT" || exit
