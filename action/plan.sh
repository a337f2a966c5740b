#!/usr/bin/env bash
# Plans once, and keeps the plan as JSON, as markdown and as a page.
# shellcheck source=action/common.sh
source "$GITHUB_ACTION_PATH/action/common.sh"

# without_secrets: is this a run that GitHub gives no secrets to, by design?
without_secrets() {
  if [ "${GITHUB_ACTOR:-}" = 'dependabot[bot]' ]; then return 0; fi
  if [ "$GITHUB_EVENT_NAME" != pull_request ]; then return 1; fi
  [ "$(jq -r .pull_request.head.repo.full_name "$GITHUB_EVENT_PATH")" != "$GITHUB_REPOSITORY" ]
}

# base_revision: what the pull request goes to, as git can name it here. The usual
# checkout is its merge, whose first parent is that branch as it is now.
base_revision() {
  if [ "$(git rev-parse HEAD 2>/dev/null)" = "$GITHUB_SHA" ]; then
    git rev-parse --quiet --verify 'HEAD^1'
  else
    git merge-base "refs/remotes/origin/$GITHUB_BASE_REF" HEAD 2>/dev/null
  fi
}

if [ -z "${DAILY_API_KEY:-}" ] && without_secrets; then
  output planned false
  echo "::notice::no plan: pull requests of forks and of Dependabot get no API key; the config is valid"
  echo "The config is valid. No plan: this run gets no API key." >>"$GITHUB_STEP_SUMMARY"
  exit 0
fi
needs_key

files="$(new_folder plan)"
plan_file="${INPUT_PLAN_FILE:-$files/plan.json}"
markdown_file="$files/plan.md"
html_file="$files/plan.html"
rm -f -- "$plan_file"

mapfile -t config < <(lines "$INPUT_CONFIG")
mapfile -t allow < <(lines "$INPUT_ALLOW" --allow=)
mapfile -t arguments < <(lines "$INPUT_ARGUMENTS")
options=(--out "$plan_file" --markdown "$markdown_file" --html "$html_file")
case "$INPUT_BASE" in
none | '') ;;
auto)
  if [ "$GITHUB_EVENT_NAME" != pull_request ]; then
    :
  elif base="$(base_revision)"; then
    options+=(--base "git:$base")
  elif ! git rev-parse --git-dir >/dev/null 2>&1; then
    echo "::warning::this plan cannot tell the change from drift: git does not use the repository $PWD (is it a checkout, and of this user?); if you trust it, run before this step: git config --global --add safe.directory '$PWD'"
  else
    echo "::warning::this plan cannot tell the change from drift: the base is not in the clone (actions/checkout needs fetch-depth: 2)"
  fi
  ;;
*) options+=(--base "$INPUT_BASE") ;;
esac

code=0
quietly reconciler plan --detailed-exitcode "${options[@]}" "${allow[@]}" "${arguments[@]}" \
  -- "${config[@]}" || code=$?

output exit-code "$code"
if [ -s "$plan_file" ]; then
  changes="$(jq '.changes | length' "$plan_file")"
  output planned true
  output plan-file "$plan_file"
  output changes "$changes"
  output has-changes "$(if [ "$changes" -gt 0 ]; then echo true; else echo false; fi)"
else
  output planned false
fi
if [ -s "$html_file" ]; then output html-file "$html_file"; fi
if [ -s "$markdown_file" ]; then
  output markdown-file "$markdown_file"
  cat "$markdown_file" >>"$GITHUB_STEP_SUMMARY"
fi
if [ "$code" -eq 2 ]; then code=0; fi
exit "$code"
