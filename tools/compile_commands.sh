#!/bin/bash
# Writes /compile_commands.json, by which clangd and other tools know how each C++ source
# is compiled, tests included. Builds the generated headers, and nothing else. Run it again
# after a change of BUILD files.
set -euo pipefail
cd "$(dirname "$0")/.."

# Those of targets that are no more would stay for ever.
if [ -e bazel-bin ]; then
  find -L bazel-bin/ -name '*.compile_commands' -delete
fi
bazel build --config=compile_commands "$@" //...
find -L bazel-bin/ -name '*.compile_commands' -exec cat {} + | sort -u |
  sed -e "s|@ROOT@|$PWD|" -e '1s|^|[|' -e '$s|$|]|' -e '$!s|$|,|' >compile_commands.json
echo "compile_commands.json: $(grep -c '"file"' compile_commands.json) sources"
