#!/usr/bin/env bash
# One comment per domain on a pull request, updated in place. It is found by the hidden
# marker in its first line, and only among this bot's own: anybody can write a marker.
# shellcheck source=action/common.sh
source "$GITHUB_ACTION_PATH/action/common.sh"

# GitHub's limit, in characters.
limit=65536

number="$(jq -r '.pull_request.number // empty' "$GITHUB_EVENT_PATH")"
# A plan that failed leaves an older comment, which says for which commit it is.
if [ -z "$number" ] || [ -z "$MARKDOWN_FILE" ]; then exit 0; fi

marker="$(head -n 1 "$MARKDOWN_FILE")"
case "$marker" in
'<!-- daily-reconciler:plan:'*' -->') ;;
*)
  echo "::error::the plan has no marker, so its comment could not be found again"
  exit 1
  ;;
esac

comments="repos/$GITHUB_REPOSITORY/issues/$number/comments"
body="$(new_folder comment)/comment.md"
head_commit="$(jq -r .pull_request.head.sha "$GITHUB_EVENT_PATH")"
run_url="$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID"
footer="<sub>Planned for ${head_commit:0:12} in [this run]($run_url).</sub>"
cp -- "$MARKDOWN_FILE" "$body"
if [ $(($(wc -m <"$body") + ${#footer} + 2)) -le "$limit" ]; then
  printf '\n%s\n' "$footer" >>"$body"
fi

own_comment() {
  gh api --paginate "$comments?per_page=100" |
    jq -rn --arg author "$INPUT_COMMENT_AUTHOR" --arg marker "$marker" '
      [inputs[] | select(.user.login == $author and (.body | startswith($marker)))]
      | .[0].id // empty'
}

publish() {
  local id
  id="$(own_comment)" || return
  if [ -n "$id" ]; then
    gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" -F "body=@$body"
  else
    gh api --method POST "$comments" -F "body=@$body"
  fi
}

if ! publish >/dev/null; then
  echo "::warning::the plan is in the step summary but not in a comment; the token needs 'pull-requests: write'"
fi
