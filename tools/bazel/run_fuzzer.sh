#!/bin/bash
# Runs a fuzzer on its kept inputs, then on what it makes of them:
# run_fuzzer.sh PROGRAM CORPUS_FOLDER OPTION...
#
# What it finds is not kept. An input that fails is printed, in base64.
set -euo pipefail
program=$1
corpus=$2
shift 2
folders=("$(mktemp -d)")
trap 'rm -rf "${folders[0]}"' EXIT
if [ -d "$corpus" ]; then
  folders+=("$corpus")
fi
"$program" -max_len=400 -print_final_stats=1 -artifact_prefix="${folders[0]}/" "$@" "${folders[@]}"
