#!/bin/bash
# Installs every Debian 12 package that building, testing and the demonstration
# need. Run twice, it does nothing: it asks dpkg first and leaves when all is
# there. Needs root only when something is missing.
set -euo pipefail

packages=(
  # build
  bazel-bootstrap g++ clang clang-format clang-tidy libclang-rt-dev black bpftool
  protobuf-compiler linux-libc-dev git
  # libraries
  libbpf-dev libxdp-dev libabsl-dev libgoogle-glog-dev libgflags-dev
  libgtest-dev libgmock-dev libevent-dev libprotobuf-dev libnl-3-dev
  libnl-route-3-dev libnftables-dev libcurl4-openssl-dev libssl-dev
  libsystemd-dev prometheus-cpp-dev
  # testbed and tests: real peers and network tools
  python3 iproute2 iputils-ping ethtool nftables keepalived nginx-light curl
  tcpdump
)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ]; then
  echo "install_deps.sh: not root, and these packages are missing: ${missing[*]}" >&2
  exit 1
fi

# The peers run under the testbed's control only: no service starts by itself,
# neither now nor at the next boot. A unit that is here already is its owner's.
units=()
for unit in nginx.service keepalived.service; do
  [ -e "/lib/systemd/system/$unit" ] || units+=("$unit")
done
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
fi

echo "install_deps.sh: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -y -q --no-install-recommends "${missing[@]}"
# With --root systemctl only moves links, and needs no systemd that runs.
if [ ${#units[@]} -gt 0 ] && command -v systemctl >/dev/null; then
  SYSTEMCTL_SKIP_SYSV=1 systemctl --quiet --root=/ disable "${units[@]}"
fi
