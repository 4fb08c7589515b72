#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Runs the init script with a configuration, by the stand-in of procd, and
# prints what it did: run-init.sh ROOT FILE.uci [ACTION].  Without an action it
# is started and stopped; with FILE.then beside it that one is reloaded between.
#
# NOTES.  ROOT has the files of the package; it is left out of what is printed.
# ASH is the shell that runs the script, ADIT the program.

set -eu

root=$1
input=$2
STUBS=$(cd "$(dirname "$0")" && pwd)
: "${ASH:=busybox ash}"
work=$(mktemp -d)
trap 'rm -rf "$work"' 0
mkdir "$work/config" "$work/tmp" "$work/var"
RECORD=$work/record UCI_CONFIG_DIR=$work/config RUNNING=$work/running
IPKG_INSTROOT=$root ADIT_RUN=$work/var/etc/adit ADIT_SOCKETS=$work/var/run/adit
TMPDIR=$work/tmp
export STUBS RECORD UCI_CONFIG_DIR RUNNING IPKG_INSTROOT ADIT_RUN ADIT_SOCKETS \
	TMPDIR
ADIT_PROG=$ADIT
export ADIT_PROG

# act NAME: of the init script, and what it did.
act() {
	echo "--- $1"
	: >"$RECORD"
	status=0
	# The shell may have an argument of its own.
	# shellcheck disable=SC2086
	$ASH "$STUBS/rc.common" "$root/etc/init.d/adit" "$1" >"$work/said" 2>&1 ||
		status=$?
	cat "$work/said" "$RECORD"
	[ $status = 0 ] || echo "status $status"
	[ ! -f "$ADIT_RUN/adit.conf" ] || {
		echo "--- $(stat -c %a "$ADIT_RUN") $(stat -c %a \
			"$ADIT_RUN/adit.conf") adit.conf"
		cat "$ADIT_RUN/adit.conf"
	}
}

[ ! -f "$input" ] || cp "$input" "$work/config/adit"
all_actions() {
	act start
	[ -z "${KEEP-}" ] || [ ! -f "$ADIT_RUN/adit.conf" ] ||
		cp "$ADIT_RUN/adit.conf" "$KEEP"
	if [ -f "${input%.uci}.then" ]; then
		cp "${input%.uci}.then" "$work/config/adit"
		act reload
	fi
	act stop
	# Nothing is left but folders.
	find "$work/var" -type f
}

if [ $# -gt 2 ]; then
	act "$3"
else
	all_actions
fi | sed -e "s|$work||g" -e "s|$root||g" -e "s|$ADIT|/usr/sbin/adit|g" \
	-e 's|/tmp/tmp\.[A-Za-z0-9]*/|/tmp/|g'
