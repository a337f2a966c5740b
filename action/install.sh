#!/usr/bin/env bash
# A virtual environment with the tool; a second use in the same job finds it there.
# shellcheck source=action/common.sh
source "$GITHUB_ACTION_PATH/action/common.sh"

wanted="${INPUT_INSTALL:-$GITHUB_ACTION_PATH}"
if [ -x "$tool" ] && [ "$(cat "$work/installed")" = "$wanted" ]; then exit 0; fi
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "::error::daily-reconciler needs Python 3.11 or newer: put actions/setup-python before it"
  exit 1
fi
mkdir -p "$work"
python3 -m venv --clear "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
  -- "$wanted"
printf '%s' "$wanted" >"$work/installed"
