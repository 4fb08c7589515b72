#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Runs a command, and all that it starts, on a kernel without super-packets of
# TUN devices and without UDP_SEGMENT and UDP_GRO: no_offload.sh COMMAND...
# Its status is 125 if there is no such kernel here (no seccomp, or $TMPDIR on a
# file system whose files cannot be run).
#
# NOTES.  tests/e2e/without.c refuses them, so that the program is the same and
# no test needs to know.  Tests of the simulator have devices of their own,
# which follow SIM_PLAIN.

set -u
if [ $# = 0 ]; then
	echo 'usage: no_offload.sh COMMAND [ARGUMENT]...' >&2
	exit 125
fi
tests=$(cd "$(dirname "$0")" && pwd) || exit 125
tools=$(mktemp -d) || exit 125
if ! ${CC:-cc} -o "$tools/without" "$tests/e2e/without.c"; then
	rm -rf "$tools"
	exit 125
fi
list=IFF_VNET_HDR,UDP_SEGMENT,UDP_GRO
if ! "$tools/without" $list true; then
	rm -rf "$tools"
	exit 125
fi
SIM_PLAIN=1
export SIM_PLAIN
# The shell that is started by it expands these.
# shellcheck disable=SC2016
exec "$tools/without" $list \
	sh -c 'rm -rf "$0" && exec "$@"' "$tools" "$@"
