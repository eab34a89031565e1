#!/usr/bin/env bash
# Builds the package in an emulated Debian for arm64, and runs the C++ suites and the unit, functional and model tests
# there: some forty minutes on two cores. An argument is a task of ./dev to run there instead.
#     tools/arm64.sh [TASK [ARGUMENT...]]
# The system is kept in ~/.cache/arm64 (under $XDG_CACHE_HOME, where that is set). Needs root, for chroot, and Debian's apt-get.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." > /dev/null
# shellcheck source=tools/setup.sh
. tools/setup.sh
# shellcheck source=tools/debian-source.sh
. tools/debian-source.sh

readonly SUITE=bookworm
readonly SYSTEM=${XDG_CACHE_HOME:-$HOME/.cache}/arm64/$SUITE
readonly BINFMT=/proc/sys/fs/binfmt_misc

# Has the kernel hand programs for arm64 to qemu, in any root directory: the emulator is opened once, here.
emulate() {
  [[ $(uname -m) != aarch64 ]] || return 0
  [[ -e $BINFMT/register ]] || mount -t binfmt_misc binfmt_misc "$BINFMT" || die "the kernel does not let itself be told of other processors' programs"
  [[ -e $BINFMT/qemu-aarch64 ]] || cat /usr/lib/binfmt.d/qemu-aarch64.conf > "$BINFMT/register"
}

# Installed first beside its place: what is in its place is whole.
install_system() {
  local mirror
  mirror=$(debian_mirror "$SUITE")
  say "installing Debian $SUITE for arm64 into $SYSTEM"
  rm -rf "$SYSTEM.part"
  mkdir -p "$SYSTEM.part"
  debootstrap --arch=arm64 --variant=minbase --include=ca-certificates "$SUITE" "$SYSTEM.part" "${mirror:-http://deb.debian.org/debian}" \
    || die "debootstrap failed: see the message above"
  mv "$SYSTEM.part" "$SYSTEM"
}

# The files of this tree as they are, beside what earlier runs have built there.
copy_project() {
  mkdir -p "$SYSTEM/project"
  find "$SYSTEM/project" -mindepth 1 -maxdepth 1 ! -name '.venv*' ! -name build -exec rm -rf {} +
  git ls-files -z --cached --others --exclude-standard | tar -c --null --files-from=- --ignore-failed-read | tar -x -C "$SYSTEM/project"
  cp /etc/resolv.conf "$SYSTEM/etc/resolv.conf"
  echo "127.0.0.1 localhost" > "$SYSTEM/etc/hosts" # which debootstrap leaves out
  cp /etc/ssl/certs/ca-certificates.crt "$SYSTEM/etc/ssl/certs/ca-certificates.crt" # which may hold an authority of this network's
}

# there COMMAND...: runs a command in the system, whose mounts go with it. The compiler alone is this machine's, which
# compiles for arm64 without an emulator, ten times as fast: its folders and libraries have names that arm64 has not.
there() {
  local folder mounts=() folders=(/dev /sys /lib64 /usr/lib/x86_64-linux-gnu /usr/lib/gcc-cross /usr/aarch64-linux-gnu)
  local compiler=(CC=/compilers/aarch64-linux-gnu-gcc CXX=/compilers/aarch64-linux-gnu-g++
    LDFLAGS=-fno-use-linker-plugin) # the linker is the system's own
  [[ $(uname -m) != aarch64 ]] || folders=(/dev /sys) compiler=()
  for folder in "${folders[@]}"; do
    mkdir -p "$SYSTEM$folder"
    mounts+=("mount --rbind $folder '$SYSTEM$folder' &&")
  done
  mkdir -p "$SYSTEM/compilers"
  unshare --mount bash -c "${mounts[*]} mount --bind /usr/bin '$SYSTEM/compilers' && mount -t proc proc '$SYSTEM/proc' \
    && exec chroot '$SYSTEM' /usr/bin/env -i -C /project HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin \"\$@\"" \
    bash "${compiler[@]}" "$@"
}

main() {
  ((EUID == 0)) || die "only root can enter the emulated system"
  ensure_packages qemu-user-static debootstrap g++-aarch64-linux-gnu
  emulate
  [[ -d $SYSTEM ]] || install_system
  copy_project
  if (($#)); then
    there ./dev "$@"
  else
    there ./dev ctest release
    there ./dev pytest -n auto --dist worksteal -o timeout=1800 tests/unit tests/functional tests/models
  fi
}
main "$@"
