#!/bin/bash
# Checks that sources are formatted: C++ and C by clang-format, Python by black.
# Names each place that is not; --fix formats it.
set -euo pipefail
cd "$(dirname "$0")/../.."

# C in a folder with C++ tests: the headers that are compiled for BPF as well.
shared=(common/abi/*.h)
mapfile -t cxx < <(find bench bpf common lb testbed tests web \
  \( -name '*.cc' -o -name '*.h' -o -name '*.c' \) | sort |
  grep -vxF "$(printf '%s\n' "${shared[@]}")")
mapfile -t python < <(find bench testbed tests tools -name '*.py' | sort)
kernel_style=--style=file:bpf/.clang-format

if [ "${1:-}" = --fix ]; then
  clang-format -i "${cxx[@]}"
  clang-format -i "$kernel_style" "${shared[@]}"
  /usr/bin/black --quiet "${python[@]}"
  exit
fi
clang-format --dry-run --Werror "${cxx[@]}"
clang-format --dry-run --Werror "$kernel_style" "${shared[@]}"
/usr/bin/black --quiet --check "${python[@]}" || {
  echo "check_format.sh: not formatted by black; see tools/lint/check_format.sh --fix" >&2
  exit 1
}
