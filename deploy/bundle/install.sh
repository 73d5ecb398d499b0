#!/bin/sh
# Installs this bundle; nothing is asked of a network.
#   ./install.sh [--prefix DIR] [--systemd server|worker]
set -eu
here=$(CDPATH='' cd "$(dirname "$0")" && pwd)
version=@VERSION@
unit=
if [ "$(id -u)" = 0 ]; then prefix=/usr/local; else prefix=$HOME/.local; fi
while [ $# -gt 0 ]; do
  case $1 in
    --prefix) prefix=${2:?--prefix needs a folder}; shift 2 ;;
    --prefix=*) prefix=${1#*=}; shift ;;
    --systemd) unit=${2:?--systemd needs server or worker}; shift 2 ;;
    --systemd=*) unit=${1#*=}; shift ;;
    -h|--help) sed -n '2,3p' "$0"; exit 0 ;;
    *) echo "install.sh: $1 is no option; there are --prefix DIR and --systemd server|worker" >&2; exit 2 ;;
  esac
done
case $unit in ''|server|worker) ;; *) echo "install.sh: --systemd takes server or worker, not $unit" >&2; exit 2 ;; esac
if ! "$here/node/bin/node" --version >/dev/null 2>&1; then
  echo "install.sh: the Node of this bundle does not run here ($(uname -s) $(uname -m)): take the bundle for this platform" >&2
  exit 1
fi
place=$prefix/lib/octopus/$version
mkdir -p "$prefix/lib/octopus" "$prefix/bin"
rm -rf "$place.new"
mkdir "$place.new"
cp -R "$here/bin" "$here/lib" "$here/node" "$place.new/"
rm -rf "$place"
mv "$place.new" "$place"
ln -sf "$place/bin/octopus" "$prefix/bin/octopus"
echo "installed $("$prefix/bin/octopus" version 2>/dev/null | head -n 1) in $place"
case ":$PATH:" in
  *":$prefix/bin:"*) ;;
  *) echo "add $prefix/bin to PATH to call it octopus" ;;
esac
if [ -n "$unit" ]; then
  if [ "$(id -u)" != 0 ]; then echo "install.sh: --systemd needs root" >&2; exit 1; fi
  id octopus >/dev/null 2>&1 || useradd --system --home-dir /var/lib/octopus --shell /usr/sbin/nologin octopus
  sed "s|/usr/local/bin/octopus|$prefix/bin/octopus|" "$here/systemd/octopus-$unit.service" \
    > "/etc/systemd/system/octopus-$unit.service"
  systemctl daemon-reload
  echo "start it: systemctl enable --now octopus-$unit"
fi
