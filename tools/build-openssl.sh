#!/bin/sh
# Builds OpenSSL's libcrypto as a static library into a folder: for containers whose distribution has none of version 3, or
# none to link into a shared library, and for macOS. Its release is held against the hash below. POSIX sh: Alpine has no bash.
#     tools/build-openssl.sh /opt/openssl
set -eu

version=3.5.7
hash=a8c0d28a529ca480f9f36cf5792e2cd21984552a3c8e4aa11a24aa31aeac98e8
prefix=${1:?the folder to install into}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What its Perl scripts use and these distributions split off.
if command -v dnf; then
  dnf install -y perl-FindBin perl-IPC-Cmd perl-Pod-Html perl-Time-Piece perl-core
elif command -v apk; then
  apk add linux-headers perl
fi

cd "$work"
curl -fsSL --retry 3 -o openssl.tar.gz \
  "https://github.com/openssl/openssl/releases/download/openssl-$version/openssl-$version.tar.gz"
if command -v sha256sum; then sha256sum=sha256sum; else sha256sum='shasum -a 256'; fi
echo "$hash  openssl.tar.gz" | $sha256sum -c
tar -xzf openssl.tar.gz
cd "openssl-$version"
./Configure -fPIC no-apps no-docs no-module no-shared no-tests
# libcrypto alone: libssl, and whatever else the targets of installation would build, takes as long again.
make -j "$(getconf _NPROCESSORS_ONLN)" build_generated libcrypto.a > build.log 2>&1 || { tail -n 50 build.log; exit 1; }
mkdir -p "$prefix/include" "$prefix/lib"
cp -R include/openssl "$prefix/include/"
cp libcrypto.a "$prefix/lib/"
