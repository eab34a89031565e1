#!/usr/bin/env bash
# Measures the hot paths on every CPython that the project supports, from one state of the code; gets those interpreters
# that are missing. Options are those of benchmarks/run.py.
#     ./dev bench --all --rounds 3 --write
# One that cannot be had or measured is named at the end, and fails it.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." > /dev/null
# shellcheck source=tools/setup.sh
. tools/setup.sh

readonly TAGS=(3.10 3.11 3.12 3.13 3.13t 3.14 3.15) # SUPPORTED of benchmarks/measured.py

# Prints the executable of a CPython: the one to work with, another of this machine, or one that is got.
python_of() {
  local found own
  own=$(find_python)
  [[ ${own%% *} != "$1" ]] || { printf '%s\n' "${own#* }" && return; }
  found=$(other_pythons none | awk -v tag="$1" '$1 == tag { print $2 }')
  [[ ! $found ]] || { printf '%s\n' "$found" && return; }
  case $1 in
    3.13t) tools/free-threaded.sh ;;
    3.14 | 3.15) tools/newer-pythons.sh "$1" ;;
    *) say "no CPython $1 on this machine, and no script that gets it" && return 1 ;;
  esac
}

main() {
  local own tag python before start failed=()
  own=$(find_python)
  before=$("${own#* }" benchmarks/measured.py)
  rm -rf build/bench/figures
  for tag in "${TAGS[@]}"; do
    python=$(python_of "$tag") || { failed+=("$tag (not to be had)"); continue; }
    say "hot paths on CPython $tag ($python)"
    start=$SECONDS
    PYTHON=$python ./dev bench "$@" < /dev/null || { failed+=("$tag (not measured)"); continue; }
    say "CPython $tag took $((SECONDS - start)) s"
  done
  [[ ! -d build/bench/figures ]] || "${own#* }" benchmarks/hot_paths.py build/bench/figures
  [[ $("${own#* }" benchmarks/measured.py) == "$before" ]] || failed+=("any by one state of the code, which changed meanwhile")
  ((${#failed[@]} == 0)) || die "no figures of CPython$(printf ' %s,' "${failed[@]}" | sed 's/,$//')"
}
main "$@"
