#!/usr/bin/env bash
# Encrypts every rescue file that a step of this job left behind, and names the artifact.
# It runs after failures and cancelled steps too, when apply.sh could not encrypt the file.
# shellcheck source=action/common.sh
source "$GITHUB_ACTION_PATH/action/common.sh"

shopt -s nullglob
for file in "$work"/apply.*/rescue.json; do
  if [ -s "$file" ]; then
    needs_key
    encrypt "$file"
  fi
done
encrypted=("$work"/apply.*/rescue.json.enc)
if [ "${#encrypted[@]}" -eq 0 ]; then exit 0; fi

# Jobs of a matrix and later attempts share a run, and no two artifacts of a run may have
# the same name.
artifact="$(mktemp -u daily-rescue-XXXXXXXX)"
output artifact "$artifact"
echo "::warning::an assignment may be lost; the artifact $artifact has the encrypted rescue file"
