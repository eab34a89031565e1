# shellcheck shell=bash
# How the sdist and the wheels are made and judged. Sourced by ./dev, after tools/setup.sh.

# Makes $work, a folder that goes when this shell ends.
use_work_folder() {
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
}

# bare PATH COMMAND...: runs a command with an empty home and nothing of the caller's environment.
bare() {
  mkdir -p "$work/home"
  env -i HOME="$work/home" PATH="$1" "${@:2}"
}

readonly SYSTEM_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# Prints the moment that is written into archives: the commit's, or, outside a repository, the first that a zip can hold.
source_date() { git log -1 --format=%ct 2> /dev/null || echo 315532800; }

# make_sdist FOLDER: leaves the sdist in FOLDER.
make_sdist() {
  SOURCE_DATE_EPOCH=$(source_date) run pyproject-build --sdist --no-isolation --outdir "$1" > /dev/null
}

# make_wheel SOURCE FOLDER: builds the wheel of a source tree, with the shared libraries it needs inside, into FOLDER.
make_wheel() {
  rm -rf "$work/built"
  (
    SOURCE_DATE_EPOCH=$(source_date)
    export SOURCE_DATE_EPOCH
    umask 022
    run python -m pip wheel -qq --no-build-isolation --no-deps --wheel-dir "$work/built" "$1"
    run auditwheel repair --wheel-dir "$2" "$work"/built/*.whl
  )
}

# Proves that a wheel is the same, byte for byte, when it is built from its sdist in another folder and time zone.
check_reproducible() {
  local wheel=$1
  make_sdist "$work/sdist"
  mkdir "$work/unpacked"
  tar -xf "$work"/sdist/*.tar.gz -C "$work/unpacked"
  TZ=Asia/Kolkata make_wheel "$work"/unpacked/* "$work/again"
  (cd "$work/again" && sha256sum -- *.whl) && (cd "${wheel%/*}" && sha256sum -- "${wheel##*/}")
  run cmp "$wheel" "$work/again/${wheel##*/}" || die "two builds of ${wheel##*/} differ"
}

# Makes the environment $work/venv of the interpreter in use.
new_environment() {
  local description
  description=$(find_python)
  run "${description#* }" -m venv "$work/venv"
}

# Installs a wheel where there is no compiler, shows that it takes no shared library but its own, and runs the unit tests.
check_installed() {
  new_environment
  run bare "$work/venv/bin" python -m pip install -qq "$1"
  run bare "$work/venv/bin" python tools/check_loaded.py
  run python -m pip --python "$work/venv/bin/python" install -qq --group bare-test
  ln -s "$(type -P echo)" "$work/venv/bin/" # the one command that unit tests run
  run bare "$work/venv/bin" python -m pytest -p no:cacheprovider -q tests/unit
}
