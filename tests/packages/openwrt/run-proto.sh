#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Runs the protocol handler with the configuration of an interface, and prints
# what it asks of netifd: run-proto.sh ROOT FILE.json.  A file named dump.json
# is for what it says of itself.
#
# NOTES.  A file has the configuration as netifd passes it, on its first line;
# the lines after it are what adit runs netifd-event with: EVENT REASON PEER.
# ROOT has the files of the package and is left out of what is printed.

set -eu

root=$1
input=$2
STUBS=$(cd "$(dirname "$0")" && pwd)
: "${ASH:=busybox ash}"
work=$(mktemp -d)
trap 'rm -rf "$work"' 0
mkdir "$work/var"
RECORD=$work/record ADIT_ROOT=$root ADIT_RUN=$work/var/etc/adit
ADIT_SOCKETS=$work/var/run/adit ADIT_PROG=$ADIT
export STUBS RECORD ADIT_ROOT ADIT_RUN ADIT_SOCKETS ADIT_PROG

# act WORD COMMAND...: and what was recorded.
act() {
	echo "--- $1"
	shift
	: >"$RECORD"
	status=0
	"$@" >"$work/said" 2>&1 || status=$?
	cat "$work/said" "$RECORD"
	[ $status = 0 ] || echo "status $status"
}

handler=$root/lib/netifd/proto/adit.sh
data=$(sed 1q "$input")
[ "${input##*/}" != dump.json ] || {
	# shellcheck disable=SC2086
	act dump $ASH "$handler" '' dump
	exit
}
{
	# The shell may have an argument of its own.
	# shellcheck disable=SC2086
	act setup $ASH "$handler" adit setup vpn "$data"
	for file in "$ADIT_RUN"/*; do
		[ ! -f "$file" ] || {
			echo "--- $(stat -c %a "$file") ${file##*/}"
			cat "$file"
		}
	done
	sed 1d "$input" | while read -r event reason peer; do
		# shellcheck disable=SC2086
		act "$event $reason" env ADIT_EVENT="$event" \
			ADIT_REASON="$reason" ADIT_PEER="$peer" \
			ADIT_DEVICE=adit-vpn \
			$ASH "$root/usr/lib/adit/netifd-event" vpn
	done
	# shellcheck disable=SC2086
	act teardown $ASH "$handler" adit teardown vpn "$data"
	find "$work/var" -type f
} | sed -e "s|$work||g" -e "s|$root||g" -e "s|$ADIT|/usr/sbin/adit|g"
