#!/bin/sh
# Installs Debian packages that tests need, without starting their services on default ports.
# Exit 3: not here (not root, no apt-get, or forbidden by LOCKED_NO_APT=1).
set -eu
[ "${LOCKED_NO_APT:-}" != 1 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && command -v flock >/dev/null || exit 3

# Specs run side by side, apt-get does not.
exec 9>/var/lock/nestjs-locked-apt
flock 9

policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

echo "Installing $* with apt-get; services are not started; LOCKED_NO_APT=1 forbids this." >&2
export DEBIAN_FRONTEND=noninteractive
quiet() { apt-get -qq -o Dpkg::Use-Pty=0 "$@" >/dev/null; }
quiet install -y --no-install-recommends "$@" 2>/dev/null || { quiet update && quiet install -y --no-install-recommends "$@"; }
