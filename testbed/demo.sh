#!/bin/bash
# Shows the load balancer at work: installs what it needs, builds, runs the
# demonstration. Its options are those of //testbed:demo, see --help.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

if [ "$(id -u)" -ne 0 ]; then
  echo "demo.sh: not root: network namespaces need it, use sudo" >&2
  exit 1
fi
tools/install_deps.sh
exec bazel run -c opt //testbed:demo -- "$@"
