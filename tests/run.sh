#!/bin/bash
# Installs what is missing, then checks and tests everything. Needs root: the
# tests load BPF programs and make network namespaces.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(id -u)" -ne 0 ]; then
  echo "tests/run.sh: not root; the tests load BPF programs and make network namespaces" >&2
  exit 1
fi
tools/install_deps.sh

echo "== Formatting"
tools/lint/check_format.sh
echo "== Programs that are started come from packages that are installed"
tools/lint/check_programs.py
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Most tests wait most of the time, so more of them run at once than there are CPUs.
run_tests() {
  bazel test --jobs='HOST_CPUS*2' --local_cpu_resources='HOST_CPUS*2' \
    --local_test_jobs=HOST_CPUS --keep_going --test_summary=short "$@" //... 2>&1 |
    tee -a "$log" || status=$?
}
status=0
# Each test is in one of the two, by its tag.
echo "== C++ tests without root, with sanitizers"
run_tests --config=sanitize "$@"
echo "== Build, clang-tidy, and all other tests"
run_tests --config=clang_tidy --build_tag_filters=-sanitize --test_tag_filters=-sanitize "$@"

count() { grep -cE "^//.* +(\(cached\) )?($1)( |\$)" "$log" || true; }
echo "$(count PASSED) passed, $(count 'FAILED|FAILED TO BUILD|TIMEOUT|NO STATUS|FLAKY') failed"
exit "$status"
