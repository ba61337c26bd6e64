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

sanitized=(
  //common/beacon:beacon_key_test
  //common/beacon:beacon_keys_test
  //common/beacon:beacon_message_test
  //lb/agent/health:beacon_filter_test
  //lb/agent/health:flap_damper_test
  //lb/agent/health:health_monitor_test
  //lb/agent/health:panic_watch_test
  //lb/agent/health:replay_guard_test
  //lb/agent/health:replay_store_test
  //lb/agent/peers/wire:session_reader_test
  //lb/agent/peers:sync_messages_test
)

echo "== Formatting"
tools/lint/check_format.sh
echo "== Programs that are started come from packages that are installed"
tools/lint/check_programs.py
log=$(mktemp)
trap 'rm -f "$log"' EXIT

echo "== Build, clang-tidy and tests"
# All at once: most of the tests wait most of the time.
status=0
bazel test --config=clang_tidy --jobs='HOST_CPUS*2' --local_cpu_resources='HOST_CPUS*2' \
  --local_test_jobs=HOST_CPUS --keep_going --test_summary=short "$@" //... 2>&1 |
  tee "$log" || status=$?
echo "== Tests with sanitizers: what strangers' bytes reach"
bazel test --config=sanitize --test_summary=short "${sanitized[@]}" 2>&1 |
  tee -a "$log" || status=$?

count() { grep -cE "^//.* +(\(cached\) )?($1)( |\$)" "$log" || true; }
echo "$(count PASSED) passed, $(count 'FAILED|FAILED TO BUILD|TIMEOUT|NO STATUS|FLAKY') failed"
exit "$status"
