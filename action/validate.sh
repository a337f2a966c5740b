#!/usr/bin/env bash
# Checks the config offline; what it finds is marked at its line in the pull request.
# shellcheck source=action/common.sh
source "$GITHUB_ACTION_PATH/action/common.sh"

case "$INPUT_COMMAND" in
validate | plan | apply) ;;
*)
  echo "::error::the input 'command' is validate, plan, apply or rescue"
  exit 64
  ;;
esac
mapfile -t config < <(lines "$INPUT_CONFIG")
reconciler validate --format github -- "${config[@]}"
