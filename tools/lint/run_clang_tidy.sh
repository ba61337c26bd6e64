#!/bin/bash
# Checks one source file: run_clang_tidy.sh REPORT SOURCE COMPILER_FLAG...
# Prints findings and fails; without any, makes an empty REPORT.
set -u
report=$1
source=$2
shift 2
if ! output=$(/usr/bin/clang-tidy --quiet "$source" -- "$@" 2>/dev/null); then
  printf '%s\n' "$output"
  exit 1
fi
: >"$report"
