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
  //common:beacon_key_test
  //common:beacon_keys_test
  //common:beacon_message_test
  //lb/agent/health:beacon_filter_test
  //lb/agent/health:flap_damper_test
  //lb/agent/health:health_monitor_test
  //lb/agent/health:panic_watch_test
  //lb/agent/health:replay_guard_test
  //lb/agent/health:replay_store_test
  //lb/agent/sync/wire:session_reader_test
  //lb/agent/sync:sync_messages_test
)

echo "== Formatting"
tools/lint/check_format.sh
echo "== Programs that are started come from packages that are installed"
tools/lint/check_programs.py
log=$(mktemp)
programs=$(mktemp)
trap 'rm -f "$log" "$programs"' EXIT

echo "== clang-tidy"
# Of what runs on load balancers: the rest takes as long again, and is checked by
# hand, with bazel build --config=clang_tidy //...
bazel query 'kind("cc_(library|binary)", //common/... + //lb/...)' >"$programs"
bazel build --config=clang_tidy --target_pattern_file="$programs"
echo "== Build"
bazel build //...
echo "== Tests"
status=0
bazel test --test_summary=short "$@" //... 2>&1 | tee "$log" || status=$?
echo "== Tests with sanitizers: what strangers' bytes reach"
bazel test --config=sanitize --test_summary=short "${sanitized[@]}" 2>&1 |
  tee -a "$log" || status=$?

count() { grep -cE "^//.* +(\(cached\) )?($1)( |\$)" "$log" || true; }
echo "$(count PASSED) passed, $(count 'FAILED|FAILED TO BUILD|TIMEOUT|NO STATUS|FLAKY') failed"
exit "$status"
