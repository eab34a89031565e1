# shellcheck shell=bash
# A long run in steps: each is named and timed, and runs even after another has failed. Sourced by .ci/run and ./dev.

step_lines=() steps_failed=0

# step NAME COMMAND...
step() {
  local start=$SECONDS result=passed
  printf '\n######## %s\n+ %s\n' "$1" "${*:2}"
  "${@:2}" < /dev/null 2>&1 || { result=FAILED && ((steps_failed += 1)); }
  step_lines+=("$(printf '%-6s  %4d s  %s: %s' "$result" "$((SECONDS - start))" "$1" "${*:2}")")
}

# Prints what became of each step; fails where one has.
summary_of_steps() {
  printf '\n######## summary\n'
  printf '%s\n' "${step_lines[@]}"
  return "$((steps_failed > 0))"
}
