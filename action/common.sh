# shellcheck shell=bash
# Shared by the scripts of the action, which source it.
set -euo pipefail

work="$RUNNER_TEMP/daily-reconciler"

# reconciler ARGUMENT...: runs the tool until it ends. The first SIGINT, SIGTERM or SIGHUP
# is passed on as SIGTERM (a background process ignores SIGINT); the tool then finishes
# the write that is under way and reports. The runner sends a second signal after 7.5
# seconds. That one is not passed on, because it would end the tool without a report.
# -I keeps modules of the checkout and PYTHONPATH out of a process that has the key.
reconciler() {
  local code=0
  "$work/venv/bin/python" -I -m reconciler "$@" &
  tool=$!
  if [ -n "$stopped" ]; then kill -TERM "$tool"; fi
  # A signal ends `wait` before the tool has ended.
  while true; do
    code=0
    wait "$tool" || code=$?
    if ! kill -0 "$tool" 2>/dev/null; then break; fi
  done
  tool=
  return "$code"
}

tool=
stopped=
stop() {
  # In a trap, `return` alone has the status of what was interrupted, which ends the script.
  if [ -n "$stopped" ]; then return 0; fi
  stopped=1
  if [ -n "$tool" ]; then kill -TERM "$tool" 2>/dev/null || true; fi
}
trap stop INT TERM HUP

# new_folder NAME: a folder for the files of this use of the action. No other use in the
# same job writes there.
new_folder() {
  mkdir -p "$work"
  mktemp -d "$work/$1.XXXXXXXX"
}

# encrypt FILE: replaces FILE by FILE.enc, which only the API key opens.
encrypt() {
  openssl enc -aes-256-cbc -pbkdf2 -pass env:DAILY_API_KEY -in "$1" -out "$1.enc"
  rm -f -- "$1"
}

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
