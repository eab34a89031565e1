#!/usr/bin/env bash
# Prints the path of a CPython of the version named (3.14, 3.15), and nothing else, on standard output; unpacks Debian's own
# first where it is missing: half a minute. Needs Debian's apt-get; root, or sudo that asks for no password, only where
# patchelf is missing.
#     python=$(tools/newer-pythons.sh 3.15)
# The interpreters are kept in ~/.cache/newer-pythons (under $XDG_CACHE_HOME, where that is set) with the C library of their
# release, which is newer than most machines', and use nothing else of the release. Nothing is installed on the machine.
# They are where `./dev python-matrix` does not find them.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." > /dev/null
# shellcheck source=tools/setup.sh
. tools/setup.sh

readonly FOLDER=${XDG_CACHE_HOME:-$HOME/.cache}/newer-pythons
readonly SUITE=sid # Debian's release with both
readonly VERSIONS=(3.14 3.15)

works() {
  "$FOLDER/usr/bin/python$1" -c '
import bz2, ctypes, ensurepip, lzma, sqlite3, ssl, sys, zlib
ensurepip.version()
sys.exit("%d.%d" % sys.version_info[:2] != sys.argv[1])' "$1" 2> /dev/null
}

# Unpacks the packages and all that they depend on into the folder. The machine's own packages and their sources stay as they
# are: the folder has lists, a cache and a status of its own, and asks the mirror that the machine uses anyway.
unpack() {
  local folder=$1 root=$2 release mirror version package packages=()
  # shellcheck source=/dev/null
  release=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
  # shellcheck disable=SC2016  # apt-get's variable
  mirror=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $release" | head -n 1)
  [[ $mirror ]] || die "apt-get has no mirror of Debian's release '$release' to ask for CPython ${VERSIONS[*]}"
  mkdir -p "$folder"/{lists/partial,cache/archives/partial}
  : > "$folder/status"
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$mirror" "$SUITE" > "$folder/sources.list"
  local apt=(apt-get -qq -o "APT::Sandbox::User=$(id -un)" -o "Dir::Etc::sourcelist=$folder/sources.list"
    -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$folder/lists" -o "Dir::Cache=$folder/cache"
    -o "Dir::State::status=$folder/status" -o Debug::NoLocking=1)
  for version in "${VERSIONS[@]}"; do packages+=("python$version-dev" "python$version-venv"); done
  { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends --download-only "${packages[@]}"; } \
    || die "could not get ${packages[*]} of Debian's $SUITE from $mirror: see the message above"
  for package in "$folder"/cache/archives/*.deb; do dpkg-deb -x "$package" "$root"; done
}

# Makes the interpreters work from the folder: with their own C library, which the machine's loader could not load them with,
# their own headers, and the pip that venv copies.
settle() {
  local root=$1 version binary libraries loader
  libraries=$(cd "$root" && echo usr/lib/*-linux-gnu*)
  loader=$(cd "$root/$libraries" && echo ld-linux-*)
  for version in "${VERSIONS[@]}"; do
    binary=$root/usr/bin/python$version
    # The machine's libraries come after; by DT_RPATH, which holds for what the modules load, too.
    patchelf --set-interpreter "$FOLDER/$libraries/$loader" --force-rpath --set-rpath "$FOLDER/$libraries" "$binary"
    cp "$root/usr/include/${libraries##*/}/python$version/pyconfig.h" "$root/usr/include/python$version/"
    sed -i "s|/usr/share/python-wheels|$FOLDER/usr/share/python-wheels|g" "$root/usr/lib/python$version"/_sysconfigdata_*.py
  done
}

main() {
  local version=${1:-} folder
  [[ " ${VERSIONS[*]} " == *" ${version:-none} "* ]] || die "name one of ${VERSIONS[*]}: tools/newer-pythons.sh ${VERSIONS[-1]}"
  if ! works "$version"; then
    { command -v apt-get && command -v dpkg-deb; } > /dev/null \
      || die "only where there is Debian's apt-get can this get CPython $version; name one of your own instead: PYTHON=/path/to/python$version ./dev pytest"
    ensure_packages patchelf debian-archive-keyring
    folder=$(mktemp -d)
    # shellcheck disable=SC2064  # the folder of now
    trap "rm -rf '$folder'" EXIT
    say "getting CPython ${VERSIONS[*]} into $FOLDER"
    unpack "$folder" "$folder/root"
    settle "$folder/root"
    # What is in its place is whole.
    rm -rf "$FOLDER"
    mkdir -p "$FOLDER"
    mv "$folder/root/usr" "$FOLDER/"
    works "$version" || die "the CPython $version in $FOLDER does not run, or lacks a module"
  fi >&2
  printf '%s\n' "$FOLDER/usr/bin/python$version"
}
main "$@"
