#!/usr/bin/env bash
# Makes a virtual environment with the tool. A second use in the same job finds it there.
#
# No secret is in the environment while packages are installed: the script starts itself
# again with only the variables that pip needs. It also leaves the checkout, and runs
# python with -I, so that a pip.py or json.py of the checkout is not imported.
set -euo pipefail

if ! command -v python3 >/dev/null || ! python3 -I -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "::error::daily-reconciler needs Python 3.11 or newer: put actions/setup-python before it"
  exit 1
fi
if [ "${1:-}" != clean ]; then
  exec python3 -I -c '
import os, re, sys
allowed = re.compile(
    "PATH|HOME|LANG|LC_.*|TMPDIR|LD_LIBRARY_PATH|XDG_(CACHE|CONFIG)_HOME|PIP_.*"
    "|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|(HTTPS?|ALL|NO)_PROXY|(https?|all|no)_proxy"
    "|RUNNER_TEMP|GITHUB_ACTION_PATH|INPUT_INSTALL"
)
kept = {name: value for name, value in os.environ.items() if allowed.fullmatch(name)}
os.execvpe("bash", ["bash", sys.argv[1], "clean"], kept)
' "$0"
fi

work="$RUNNER_TEMP/daily-reconciler"
python="$work/venv/bin/python"
wanted="${INPUT_INSTALL:-$GITHUB_ACTION_PATH}"
if [ -x "$python" ] && [ "$(cat "$work/installed" 2>/dev/null)" = "$wanted" ]; then exit 0; fi

source="$wanted"
case "$wanted" in
*://*) ;;
*/* | *.whl) source="$(realpath -- "$wanted")" ;;
esac
mkdir -p "$work"
cd "$work"
rm -f installed
install() {
  "$python" -I -m pip install --quiet --disable-pip-version-check --no-input "$@"
}
python3 -I -m venv --clear venv
install --require-hashes --only-binary :all: \
  -r "$GITHUB_ACTION_PATH/requirements/run.txt" \
  -r "$GITHUB_ACTION_PATH/requirements/build.txt"
install --no-deps --no-build-isolation -- "$source"
printf '%s' "$wanted" >installed
