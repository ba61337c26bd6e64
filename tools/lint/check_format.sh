#!/bin/bash
# Checks that sources are formatted: C++ and BPF C by clang-format, Python by
# black. Names each file that is not; --fix formats it.
set -euo pipefail
cd "$(dirname "$0")/../.."

mapfile -t cxx < <(find bench bpf common lb testbed tests web \
  -name '*.cc' -o -name '*.h' -o -name '*.c' | sort)
mapfile -t python < <(find bench testbed tests tools -name '*.py' | sort)

if [ "${1:-}" = --fix ]; then
  clang-format -i "${cxx[@]}"
  /usr/bin/black --quiet "${python[@]}"
else
  clang-format --dry-run --Werror "${cxx[@]}"
  /usr/bin/black --quiet --check "${python[@]}" || {
    echo "check_format.sh: not formatted by black (tools/lint/check_format.sh --fix)" >&2
    exit 1
  }
fi
