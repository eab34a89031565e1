# shellcheck shell=bash
# What Debian offers: its mirror, and source packages. Sourced after tools/setup.sh.

# Prints the mirror that this machine asks for a release of Debian; nothing where it asks none.
debian_mirror() {
  # shellcheck disable=SC2016  # apt-get's variable
  apt-get indextargets --format '$(REPO_URI)' "Codename: $1" | head -n 1
}

# debian_source FOLDER SUITE PACKAGE: unpacks the upstream source of a package of Debian's release SUITE into
# FOLDER/PACKAGE. The machine's own package sources stay as they are: the folder has lists and a cache of its own, and asks
# the mirror that the machine uses anyway.
debian_source() {
  local folder=$1 suite=$2 package=$3 release mirror
  command -v apt-get > /dev/null || die "only where there is apt-get can this get the source of $package"
  # shellcheck source=/dev/null
  release=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
  mirror=$(debian_mirror "$release")
  [[ $mirror ]] || die "apt-get has no mirror of Debian's release '$release' to ask for the source of $package"
  mkdir -p "$folder"/{lists/partial,cache/archives/partial,"$package.part"}
  printf 'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$mirror" "${suite:-$release}" > "$folder/sources.list"
  local apt=(apt-get -qq -o "APT::Sandbox::User=$(id -un)" -o "Dir::Etc::sourcelist=$folder/sources.list"
    -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$folder/lists" -o "Dir::Cache=$folder/cache")
  (
    cd "$folder" && "${apt[@]}" update && "${apt[@]}" source --download-only "$package" \
      && tar -xf "$package"_*.orig.tar.?z -C "$package.part" --strip-components=1 && mv "$package.part" "$package"
  ) || die "could not get the source package $package of Debian's ${suite:-$release} from $mirror: see the message above"
}
