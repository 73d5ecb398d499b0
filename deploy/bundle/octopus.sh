#!/bin/sh
# Starts Octopus with the Node that stands beside it, also by way of a link.
set -e
self=$0
while [ -h "$self" ]; do
  link=$(readlink "$self")
  case $link in
    /*) self=$link ;;
    *) self=$(dirname "$self")/$link ;;
  esac
done
here=$(CDPATH='' cd "$(dirname "$self")/.." && pwd)
exec "$here/node/bin/node" "$here/@HOME@/dist/cli/main.js" "$@"
