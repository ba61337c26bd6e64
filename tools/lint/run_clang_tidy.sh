#!/bin/bash
# Checks one source file: run_clang_tidy.sh REPORT SOURCE COMPILER_FLAG...
# Prints findings, or why there was no check, and fails; without any, makes an
# empty REPORT.
set -u
report=$1
source=$2
shift 2
if ! output=$(/usr/bin/clang-tidy --quiet "$source" -- "$@" 2>&1); then
  # What it says of headers' suppressed warnings is no finding.
  printf '%s\n' "$output" | grep -Ev '^[0-9]+ (warning|error)s?( and [0-9]+ errors?)? generated\.$'
  exit 1
fi
: >"$report"
