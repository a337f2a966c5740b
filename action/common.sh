# shellcheck shell=bash
# What the steps of the action share. Read by them, never run by itself.
set -euo pipefail

work="$RUNNER_TEMP/daily-reconciler"
tool="$work/venv/bin/daily-reconciler"
export work tool

# lines TEXT [PREFIX]: the lines of an input that are not empty.
lines() {
  local line
  while read -r line; do
    if [ -n "$line" ]; then printf '%s%s\n' "${2:-}" "$line"; fi
  done <<<"$1"
}

# quietly COMMAND...: its output in the log, with nothing in it taken for a command
# to the runner: names in a plan are other people's text.
quietly() {
  local token code=0
  token="$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
  echo "::stop-commands::$token"
  "$@" || code=$?
  echo "::$token::"
  return "$code"
}

# output NAME VALUE: an output of this step.
output() { echo "$1=$2" >>"$GITHUB_OUTPUT"; }

# needs_key: ends the step if there is none.
needs_key() {
  if [ -n "${DAILY_API_KEY:-}" ]; then return; fi
  echo "::error::no API key: set DAILY_API_KEY in 'env:' of the step that uses this action"
  exit 1
}
