#!/usr/bin/env bash
# Applies; with a plan file, that plan or less.
# shellcheck source=action/common.sh
source "$GITHUB_ACTION_PATH/action/common.sh"

needs_key

report_file="$work/report.json"
markdown_file="$work/report.md"
rescue_file="$work/rescue.json"
rm -f -- "$report_file" "$markdown_file" "$rescue_file" "$rescue_file.enc"

mapfile -t config < <(lines "$INPUT_CONFIG")
mapfile -t allow < <(lines "$INPUT_ALLOW" --allow=)
mapfile -t arguments < <(lines "$INPUT_ARGUMENTS")
options=(--yes --detailed-exitcode --rescue-file "$rescue_file")
options+=(--report "$report_file" --markdown "$markdown_file")
if [ -n "$INPUT_PLAN_FILE" ]; then options+=(--plan "$INPUT_PLAN_FILE"); fi

code=0
quietly "$tool" apply "${options[@]}" "${allow[@]}" "${arguments[@]}" \
  -- "${config[@]}" || code=$?
if [ -s "$markdown_file" ]; then
  cat "$markdown_file" >>"$GITHUB_STEP_SUMMARY"
else
  echo "Nothing was changed in Daily (exit code $code); the log says why." >>"$GITHUB_STEP_SUMMARY"
fi

output exit-code "$code"
output has-changes "$(if [ "$code" -eq 2 ]; then echo true; else echo false; fi)"
if [ -s "$report_file" ]; then output report-file "$report_file"; fi
# It is still there only if somebody's assignment is missing, it has their secrets in
# it, and this machine is about to disappear.
if [ -s "$rescue_file" ]; then
  openssl enc -aes-256-cbc -pbkdf2 -pass env:DAILY_API_KEY \
    -in "$rescue_file" -out "$rescue_file.enc"
  rm -f -- "$rescue_file"
  output rescue-file "$rescue_file.enc"
fi
if [ "$code" -eq 2 ]; then code=0; fi
exit "$code"
