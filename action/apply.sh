#!/usr/bin/env bash
# Applies; with a plan file, that plan or less.
# shellcheck source=action/common.sh
source "$GITHUB_ACTION_PATH/action/common.sh"

needs_key

files="$(new_folder apply)"
report_file="$files/report.json"
markdown_file="$files/report.md"
rescue_file="$files/rescue.json"

mapfile -t config < <(lines "$INPUT_CONFIG")
mapfile -t allow < <(lines "$INPUT_ALLOW" --allow=)
mapfile -t arguments < <(lines "$INPUT_ARGUMENTS")
options=(--yes --detailed-exitcode --rescue-file "$rescue_file")
options+=(--report "$report_file" --markdown "$markdown_file")
if [ -n "$INPUT_PLAN_FILE" ]; then options+=(--plan "$INPUT_PLAN_FILE"); fi

code=0
quietly reconciler apply "${options[@]}" "${allow[@]}" "${arguments[@]}" \
  -- "${config[@]}" || code=$?
if [ -s "$markdown_file" ]; then
  cat "$markdown_file" >>"$GITHUB_STEP_SUMMARY"
else
  echo "Apply ended with exit code $code and without a report; the log says why." >>"$GITHUB_STEP_SUMMARY"
fi

output exit-code "$code"
output has-changes "$(if [ "$code" -eq 2 ]; then echo true; else echo false; fi)"
if [ -s "$report_file" ]; then output report-file "$report_file"; fi
# The tool keeps this file only when an assignment that is not in the config is missing.
# It holds secrets, and this machine is about to disappear.
if [ -s "$rescue_file" ]; then
  encrypt "$rescue_file"
  output rescue-file "$rescue_file.enc"
  echo "::warning::an assignment may be lost; a step with 'command: rescue' and 'if: always()' uploads the encrypted rescue file"
fi
if [ "$code" -eq 2 ]; then code=0; fi
exit "$code"
