# shellcheck shell=bash
# A long run in steps: each is named and timed, and runs even after another has failed. Sourced by .ci/run and
# tools/test-everything.sh.

step_lines=() steps_failed=0

# A run that was stopped goes on where it was: a step that has passed on the same commit is not run again. Not with
# changes that are not committed.
remember_steps() {
  [[ $(git status --porcelain) ]] && return
  steps_passed=build/steps/$(git rev-parse HEAD)
  mkdir -p "$steps_passed"
}

# step NAME COMMAND...
step() {
  local start=$SECONDS result=passed line mark=${steps_passed:+$steps_passed/$(cksum <<< "$*" | cut -d ' ' -f 1)}
  if [[ $mark && -e $mark ]]; then
    step_lines+=("$(< "$mark")")
    return
  fi
  printf '\n######## %s\n+ %s\n' "$1" "${*:2}"
  "${@:2}" < /dev/null 2>&1 || { result=FAILED && ((steps_failed += 1)); }
  line=$(printf '%-6s  %4d s  %s: %s' "$result" "$((SECONDS - start))" "$1" "${*:2}")
  step_lines+=("$line")
  [[ ! $mark || $result == FAILED ]] || printf '%s\n' "$line" > "$mark"
}

# Prints what became of each step; fails where one has.
summary_of_steps() {
  printf '\n######## summary\n'
  printf '%s\n' "${step_lines[@]}"
  return "$((steps_failed > 0))"
}
