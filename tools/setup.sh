# shellcheck shell=bash
# What the tasks of ./dev stand on: system packages, interpreters, virtual environments and the package built into them.
# Sourced by ./dev, from the repository's root. Every step is idempotent: what is there already is not touched again, and a
# stamp in the virtual environment holds the fingerprint of what a step depended on, so that a change of content, not of
# time, runs it anew.

readonly MIN_PYTHON="3.10"

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
die() { printf 'dev: %s\n' "$*" >&2; exit 1; }
run() { printf '+ %s\n' "$*" >&2; "$@"; }

# ---- system packages ------------------------------------------------------------------------------------------------

# Installs those of the named Debian packages that are missing.
ensure_packages() {
  local package missing=() as_root=()
  if ! command -v apt-get > /dev/null || ! command -v dpkg-query > /dev/null; then
    say "no apt-get here: taking it that the equivalents of these Debian packages are installed: $*"
    return
  fi
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null) == installed ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  local install=(apt-get install -y --no-install-recommends "${missing[@]}")
  if ((EUID)); then
    sudo -n true 2> /dev/null \
      || die "system packages are missing, and only root can install them. Run this once, then the same command again:
    sudo apt-get update && sudo ${install[*]}"
    as_root=(sudo -n)
  fi
  say "installing system packages: ${missing[*]}"
  local options=(-qq -o DPkg::Lock::Timeout=300)
  "${as_root[@]}" apt-get "${options[@]}" update || say "apt-get update failed; trying with the package lists at hand"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}" "${options[@]}" > /dev/null \
    || die "could not install the system packages ${missing[*]}: see the message of apt-get above"
}

# What the build of the package and of its C++ tests needs beside Python; cmake and ninja come from the Python registry.
readonly BUILD_PACKAGES=(g++ libssl-dev libsimdjson-dev libdeflate-dev libgtest-dev libcurl4-openssl-dev
  libjemalloc2)

# Prints the newest clang++ on PATH, if there is one.
find_clang() {
  local version
  for version in {30..14} ""; do
    command -v "clang++${version:+-$version}" && return
  done
}

# Installs libFuzzer's and the sanitizers' run-time libraries of a clang++ that cannot link them yet.
ensure_fuzzer_runtime() {
  local folder
  folder=$(mktemp -d)
  "$1" -x c++ -fsanitize=fuzzer,address,undefined -o "$folder/probe" - 2> /dev/null \
    <<< 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }' \
    || ensure_packages "libclang-rt-$("$1" -dumpversion | cut -d . -f 1)-dev"
  rm -r "$folder"
}

# ---- interpreters ---------------------------------------------------------------------------------------------------

# Prints "TAG EXECUTABLE" of an interpreter the project supports, such as "3.13t /usr/bin/python3.13t"; fails for any other.
# The executable is the real one, behind pyenv's shims and virtual environments.
describe_python() {
  "$1" -c '
import os, sys, sysconfig
if sys.implementation.name != "cpython" or sys.version_info < tuple(map(int, sys.argv[1].split("."))):
    sys.exit(1)
threads = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
print("%d.%d%s" % (*sys.version_info[:2], threads), os.path.realpath(sys._base_executable))
' "$MIN_PYTHON" 2> /dev/null
}

# Prints "TAG EXECUTABLE" of the interpreter to work with: $PYTHON, or the first suitable one on PATH. Where there is none, it
# is installed together with the named packages.
find_python() {
  local candidate
  if [[ -n ${PYTHON:-} ]]; then
    describe_python "$PYTHON" || die "PYTHON=$PYTHON is no working CPython $MIN_PYTHON or newer"
    return
  fi
  for candidate in python3 /usr/bin/python3 python3.{30..10}; do
    describe_python "$candidate" && return
  done
  ensure_packages python3 python3-dev python3-venv "$@"
  describe_python /usr/bin/python3 \
    || die "no CPython $MIN_PYTHON or newer found; install one and name it: PYTHON=/path/to/python3 ./dev ..."
}

# Prints "TAG EXECUTABLE" of every CPython found on the machine, one of each version, but those of the tags named.
other_pythons() {
  local candidate
  for candidate in python3.{10..30}{,t} {/usr,/usr/local}/bin/python3 /opt/*/bin/python3 /opt/*/*/bin/python3 \
    "${PYENV_ROOT:-${HOME:-}/.pyenv}"/versions/*/bin/python3 "${XDG_DATA_HOME:-${HOME:-}/.local/share}"/uv/python/*/bin/python3 \
    "${XDG_CACHE_HOME:-${HOME:-}/.cache}"/*/*/bin/python3; do
    [[ -x $(command -v "$candidate") ]] && describe_python "$candidate" || true
  done | sort -t ' ' -k1,1V -k2,2Vr | awk -v skipped=" $* " 'index(skipped, " " $1 " ") == 0 && !seen[$1]++'
}

# Prints the packages with what Debian splits off its interpreters and this one lacks: headers, and what venv copies.
missing_parts() {
  local packages
  packages=$("$1" -c '
import os, sys, sysconfig
name = "python%d.%d" % sys.version_info[:2]
if not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")):
    print(name + "-dev")
try:
    import ensurepip; ensurepip.version()
except Exception:
    print(name + "-venv")
')
  [[ -z $packages || $1 == /usr/bin/* ]] \
    || die "$1 lacks its headers or ensurepip (what Debian packages as: ${packages//$'\n'/, }); install them, or name another interpreter: PYTHON=/path/to/python3 ./dev ..."
  printf '%s' "$packages"
}

# ---- stamps ---------------------------------------------------------------------------------------------------------

# Prints one digest of the contents of files and folders.
fingerprint() {
  find "$@" -type f ! -name '*.pyc' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1
}

# once STAMP VALUE COMMAND...: runs the command unless the stamp holds the value already.
once() {
  local stamp=$venv/stamps/$1 value=$2
  shift 2
  [[ -f $stamp && $(< "$stamp") == "$value" ]] && return
  "$@"
  mkdir -p "$venv/stamps"
  printf '%s\n' "$value" > "$stamp"
}

# ---- virtual environments -------------------------------------------------------------------------------------------

# use_venv GROUP PACKAGE...: makes or updates the virtual environment with a dependency group of pyproject.toml, and puts it
# on PATH; installs the system packages that it and the caller need. The environment is .venv, or .venv-TAG for an
# interpreter that was named by $PYTHON; of its own, too, for another boto3, for a sanitized build, and where
# $ENVIRONMENT names it.
use_venv() {
  local group=$1 description tag python parts
  shift
  description=$(find_python "$@")
  tag=${description%% *} python=${description#* }
  parts=$(missing_parts "$python")
  # shellcheck disable=SC2086  # one package a word
  ensure_packages "$@" $parts
  venv=$PWD/.venv${ENVIRONMENT:+-$ENVIRONMENT}${PYTHON:+-$tag}${BOTO3:+-boto3-$BOTO3}${SANITIZE:+-${SANITIZE//,/-}}
  "$venv/bin/python" -c "" 2> /dev/null || rm -rf "$venv" # its interpreter is gone, or there is none yet
  once venv "$python $("$python" -V) $venv" make_venv "$python"
  once "group-$group" "$(fingerprint pyproject.toml)" pip_install --group "$group" ${BOTO3:+"boto3==$BOTO3"}
  PATH=$venv/bin:$PATH
}

# Installs a dependency group into the environment in use, if there is a way to; fails where there is none.
try_group() {
  (once "group-$1" "$(fingerprint pyproject.toml)" pip_install --group "$1")
}

make_venv() {
  say "making ${venv##*/} with $("$1" -V), $1"
  rm -rf "$venv"
  "$1" -m venv "$venv"
  pip_install 'pip>=25.1'
}

pip_install() { "$venv/bin/python" -m pip install -qq --disable-pip-version-check "$@" || die "pip could not install: $*"; }

# Installs the package into the environment in use; with $SANITIZE, built with g++'s sanitizers of these names; with
# $TOOLCHAIN, by that of cpp/cmake/toolchains, against the libraries that use_system has built.
ensure_package() {
  local digest
  digest=$(fingerprint CMakeLists.txt pyproject.toml README.md LICENSE backend cpp src)
  once package "$digest" install_package "$digest"
}

# The wheel of one state of the files is built once for an interpreter, whatever environments it is installed into.
install_package() {
  local wheels
  wheels=build/wheels/$(python -c 'import sysconfig; print(sysconfig.get_config_var("SOABI"))')${SANITIZE:+-${SANITIZE//,/-}}${TOOLCHAIN:+-$TOOLCHAIN}
  [[ -d $wheels/$1 ]] || build_wheel "$wheels" "$1"
  pip_install "$wheels/$1"/*.whl # what it depends on
  pip_install --no-deps --force-reinstall "$wheels/$1"/*.whl
}

build_wheel() {
  local options=(--no-build-isolation --no-deps)
  [[ ! ${SANITIZE:-} ]] || options+=(
    -C "build-dir=build/${SANITIZE//,/-}-{wheel_tag}" -C cmake.define.CMAKE_CXX_COMPILER=g++ -C cmake.build-type=Debug -C install.strip=false
    -C "cmake.define.CMAKE_CXX_FLAGS=-O1 -fno-omit-frame-pointer -fsanitize=$SANITIZE -fno-sanitize-recover=all")
  [[ ! ${TOOLCHAIN:-} ]] || options+=(
    -C "build-dir=build/$TOOLCHAIN-{wheel_tag}" -C "cmake.define.CMAKE_TOOLCHAIN_FILE=$toolchain"
    -C "cmake.define.CMAKE_PREFIX_PATH=$foreign" -C cmake.define.CLIENT_CACHE_WERROR=ON)
  say "building the package for $(python -V)${SANITIZE:+ with $SANITIZE sanitizers}${TOOLCHAIN:+ by $TOOLCHAIN}"
  rm -rf "$1"
  python -m pip wheel -qq --disable-pip-version-check "${options[@]}" -w "$1/unfinished" . || die "pip could not build the package"
  mv "$1/unfinished" "$1/$2"
}
