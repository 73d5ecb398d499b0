#!/bin/sh
# Puts a NATS server of Debian 13, or of the suite $2, into the folder $1, and changes nothing else on the machine: it is a
# static program that runs on Debian 12, too, whose own is too old. Prints the path of the program. Of several tests that
# begin at once one fetches it, and the others wait; what is there is whole.
set -eu
folder=$1
suite=${2:-trixie}
program=$folder/usr/sbin/nats-server
draft=$folder.draft
mkdir -p "$folder"
exec 9>"$folder.lock"
flock 9
if [ -x "$program" ]; then
  echo "$program"
  exit
fi
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
  sed -n 's/^URIs: *\(http[^ ]*\/debian\)\/*$/\1/p; s/^deb  *\(\[[^]]*\] *\)\{0,1\}\(http[^ ]*\/debian\)\/* .*/\2/p' | head -1)
rm -rf "$draft"
mkdir -p "$draft/lists/partial" "$draft/cache/archives/partial"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian} $suite main" >"$draft/suite.list"
apt() {
  apt-get -q -o Acquire::Retries=3 -o Dir::Etc::sourcelist="$draft/suite.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::Lists="$draft/lists" -o Dir::Cache="$draft/cache" -o APT::Sandbox::User=root "$@" >&2
}
apt update
(cd "$draft" && apt download nats-server)
dpkg -x "$draft"/nats-server_*.deb "$draft/root"
[ -x "$draft/root/usr/sbin/nats-server" ]
rm -rf "$folder/usr"
mv "$draft/root/usr" "$folder/usr"
rm -rf "$draft"
echo "$program"
