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

readonly PREFIX=${XDG_CACHE_HOME:-$HOME/.cache}/free-threaded/313t
readonly SUITE=trixie # Debian's release with CPython 3.13; the source builds on older ones too

works() {
  "$1/bin/python3" -c '
import bz2, ctypes, lzma, sqlite3, ssl, sys, zlib
sys.exit(sys.version_info[:2] != (3, 13) or sys._is_gil_enabled())' 2> /dev/null
}

# Unpacks the source package into the folder. The machine's own package sources stay as they are: the folder has lists and a
# cache of its own, and asks the mirror that the machine uses anyway.
fetch_source() {
  local folder=$1 release mirror
  # shellcheck source=/dev/null
  release=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
  # shellcheck disable=SC2016  # apt-get's variable
  mirror=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $release" | head -n 1)
  [[ $mirror ]] || die "apt-get has no mirror of Debian's release '$release' to ask for the source of CPython 3.13"
  mkdir -p "$folder"/{lists/partial,cache/archives/partial}
  printf 'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$mirror" "$SUITE" > "$folder/sources.list"
  local apt=(apt-get -qq -o "APT::Sandbox::User=$(id -un)" -o "Dir::Etc::sourcelist=$folder/sources.list"
    -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$folder/lists" -o "Dir::Cache=$folder/cache")
  { "${apt[@]}" update && cd "$folder" && "${apt[@]}" source --download-only python3.13 && tar -xJf python3.13_*.orig.tar.xz; } \
    || die "could not get the source package python3.13 of Debian's $SUITE from $mirror: see the message above"
}

# Installed first beside its place: what is in its place is whole.
build() {
  local folder=$1 log=$1/log
  (
    cd "$folder"/Python-3.13.*
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
    fetch_source "$folder"
    build "$folder"
    works "$PREFIX" || die "the CPython in $PREFIX was built, but does not run free-threaded or lacks a module"
  fi >&2
  printf '%s\n' "$PREFIX/bin/python3"
}
main
