#!/usr/bin/env bash
# What perfcost can use beside PyPI's packages, on Debian 12; nothing is done where all is there.
#
#   qemu-user, llvm-19, gcc, libc6-dev: labels for Arm CPUs, by simulation
#   cmake, binutils: the native parts as a build of their own
#   chromium-common: SwiftShader, a GPU in software (it is not started as a browser)
#
# Exit code 0: all is there. 1: something is missing and could not be installed; the words say what.
set -euo pipefail

declare -A program_of=(
  [qemu-user]=qemu-aarch64
  [llvm-19]=llvm-mca-19
  [gcc]=gcc
  [cmake]=cmake
  [binutils]=nm
)
declare -A file_of=(
  [libc6-dev]=/usr/include/stdlib.h
  [chromium-common]=/usr/lib/chromium/libvk_swiftshader.so
)

missing=()
for package in "${!program_of[@]}"; do
  command -v "${program_of[$package]}" >/dev/null || missing+=("$package")
done
for package in "${!file_of[@]}"; do
  [ -e "${file_of[$package]}" ] || missing+=("$package")
done
if [ "${#missing[@]}" -eq 0 ]; then
  echo "System packages: all there."
  exit 0
fi
echo "System packages: missing ${missing[*]}."

advice="As root on Debian 12: apt-get install --no-install-recommends ${missing[*]}"
if ! command -v apt-get >/dev/null; then
  echo "This is no Debian: no apt-get. $advice" >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "Not root, so nothing is installed. $advice" >&2
  exit 1
fi

export DEBIAN_FRONTEND=noninteractive
# Several makes may come here at once; apt waits for its lock.
options=(-qq -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3)
apt-get "${options[@]}" update || echo "The lists of packages cannot be renewed; going on with those there are." >&2
if ! apt-get "${options[@]}" install --no-install-recommends -y "${missing[@]}" >/dev/null; then
  echo "Not installed (no network?). $advice" >&2
  exit 1
fi
echo "System packages: installed ${missing[*]}."
