#!/usr/bin/env bash
# Cross-builds Sotto for 64-bit Arm boards on Debian 12 and lays binary and data out as a board needs them:
#   target-aarch64/sotto/sotto, target-aarch64/sotto/espeak-ng-data
# BOARD=pi5 builds for the Cortex-A76 (dot products); the default runs on a Raspberry Pi 3, 4, Zero 2 W and 5.
# JOBS sets the number of parallel jobs; PROFILE the profile (board: small and optimised across crates).
set -euo pipefail
cd "$(dirname "$0")/.."

triple=aarch64-unknown-linux-gnu
gnu=aarch64-linux-gnu
profile=${PROFILE:-board}
jobs=${JOBS:-$(nproc)}
case "${BOARD:-}" in
  "") arch=armv8-a; cpu=cortex-a53 ;;
  pi5) arch=armv8.2-a+dotprod; cpu=cortex-a76 ;;
  *) echo "BOARD=$BOARD is not known: leave it away, or set pi5" >&2; exit 2 ;;
esac

packages=(rustc-web libstd-rust-web-dev:arm64 crossbuild-essential-arm64 libasound2-dev:arm64 libsonic-dev:arm64
  qemu-user-static cmake clang libclang-dev pkg-config)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${db:Status-Abbrev}\n' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  echo "installing with apt: ${missing[*]}"
  if ! { $sudo dpkg --add-architecture arm64 && $sudo apt-get update -qq &&
         DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq "${missing[@]}" >/dev/null; }; then
    echo "could not install; try: dpkg --add-architecture arm64 && apt-get update && apt-get install ${missing[*]}" >&2
    exit 1
  fi
fi

# espeak-ng does not compile its data in a cross build. The data is the same on every little-endian machine, so
# the native build's is taken; where there is none, it is made.
native_data() { ls -dt target/*/build/espeak-rs-sys-*/out/share/espeak-ng-data 2>/dev/null | head -1; }
if [ -z "$(native_data)" ]; then
  cargo build --release -j "$jobs"
fi
data=$(native_data)
[ -f "$data/en_dict" ] || { echo "espeak-ng's data was not built: look into target/release/build/espeak-rs-sys-*/out" >&2; exit 1; }

# Debian's rustc is the one that has a standard library for arm64; any cargo drives it.
export RUSTC=/usr/bin/rustc
export CARGO_TARGET_DIR="$PWD/target-aarch64"
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=$gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-C target-cpu=$cpu"
export CC_aarch64_unknown_linux_gnu=$gnu-gcc CXX_aarch64_unknown_linux_gnu=$gnu-g++ AR_aarch64_unknown_linux_gnu=$gnu-ar
export CMAKE_TOOLCHAIN_FILE="$PWD/firmware/aarch64-toolchain.cmake"
export PKG_CONFIG_ALLOW_CROSS=1 PKG_CONFIG_PATH=/usr/lib/$gnu/pkgconfig
export BINDGEN_EXTRA_CLANG_ARGS_aarch64_unknown_linux_gnu="--target=$gnu --sysroot=/usr/$gnu"
# whisper.cpp, which would otherwise be built for the machine that builds.
export GGML_NATIVE=OFF GGML_CPU_ARM_ARCH=$arch

cargo build --profile "$profile" --target $triple -j "$jobs"

out=target-aarch64/sotto
built=target-aarch64/$triple/$profile
mkdir -p $out
cp "$built/sotto" $out/
rm -rf $out/espeak-ng-data
cp -r "$data" $out/
file "$out/sotto" 2>/dev/null || true
echo "built $out ($(du -sh $out | cut -f1)): copy the folder to the board"
