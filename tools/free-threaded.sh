#!/usr/bin/env bash
# Prints the path of a free-threaded CPython 3.13 (no GIL), and nothing else, on standard output; builds it first where it
# is missing, from Debian's source package: about four minutes on two cores. Needs Debian's apt-get; root, or sudo that
# asks for no password, only where packages of the build are missing.
#     python=$(tools/free-threaded.sh)
# The interpreter is kept in ~/.cache/free-threaded/313t (under $XDG_CACHE_HOME, where that is set).
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." > /dev/null
# shellcheck source=tools/setup.sh
. tools/setup.sh
# shellcheck source=tools/debian-source.sh
. tools/debian-source.sh

readonly PREFIX=${XDG_CACHE_HOME:-$HOME/.cache}/free-threaded/313t
readonly SUITE=trixie # Debian's release with CPython 3.13; the source builds on older ones too

works() {
  "$1/bin/python3" -c '
import bz2, ctypes, lzma, sqlite3, ssl, sys, zlib
sys.exit(sys.version_info[:2] != (3, 13) or sys._is_gil_enabled())' 2> /dev/null
}

# Installed first beside its place: what is in its place is whole.
build() {
  local folder=$1 log=$1/log
  (
    cd "$folder/python3.13"
    { ./configure --prefix="$PREFIX" --disable-gil --with-ensurepip=install && make -s "-j$(nproc)" \
      && make -s install "DESTDIR=$folder/root"; } > "$log" 2>&1
  ) || { tail -n 40 "$log"; die "could not build the free-threaded CPython 3.13: see the end of its log above"; }
  rm -rf "$PREFIX"
  mkdir -p "${PREFIX%/*}"
  mv "$folder/root$PREFIX" "$PREFIX"
}

main() {
  if ! works "$PREFIX"; then
    command -v apt-get > /dev/null \
      || die "only where there is apt-get can this build a free-threaded CPython; name one of your own instead: PYTHON=/path/to/python3.13t ./dev pytest"
    ensure_packages g++ make pkg-config xz-utils libssl-dev zlib1g-dev libffi-dev libsqlite3-dev libbz2-dev liblzma-dev
    local folder
    folder=$(mktemp -d)
    # shellcheck disable=SC2064  # the folder of now
    trap "rm -rf '$folder'" EXIT
    say "building a free-threaded CPython 3.13 into $PREFIX: about four minutes on two cores"
    debian_source "$folder" "$SUITE" python3.13
    build "$folder"
    works "$PREFIX" || die "the CPython in $PREFIX was built, but does not run free-threaded or lacks a module"
  fi >&2
  printf '%s\n' "$PREFIX/bin/python3"
}
main
