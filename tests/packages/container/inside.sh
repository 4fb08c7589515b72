#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Runs what is in an image as a container engine does, in a copy of the machine:
# inside.sh SRCDIR ROOT [EMULATOR], where ROOT has what was in the layer.
#
# NOTES.  The root is read-only, the user 9999 or, at the end, 0, and nothing can
# be gained.  An emulator, which is not in the image, runs the program without
# chroot.

# Commands in single quotes have arguments of their own.
# shellcheck disable=SC2016

# shellcheck source=tests/packages/init/inside.sh
. "${0%/*}/../init/inside.sh"
root=$2
emulator=${3-}

# own_run OPTIONS: /run/adit, which is looked for without chroot, too, as root.
own_run() {
	mount -t tmpfs -o "$1" tmpfs "$root/run/adit"
	if [ -n "$emulator" ]; then
		mkdir -p /run/adit
		mount --bind "$root/run/adit" /run/adit
	fi
}

mount --bind "$root" "$root"
own_run uid=9999,gid=9999,mode=700
section one $port >"$work/adit.conf"
mkdir "$work/etc"
mount --bind "$work/etc" "$root/etc/adit"
cp "$work/adit.conf" "$work/etc/adit.conf"
mount -o remount,bind,ro "$root"

user=9999

# become COMMAND...: the program of the image, in the place of this shell.
become() {
	if [ -n "$emulator" ]; then
		XDG_RUNTIME_DIR=$root/run
		export XDG_RUNTIME_DIR
		exec setpriv --reuid $user --regid $user \
			--clear-groups --no-new-privs -- \
			"$emulator" "$root/usr/bin/adit" "$@"
	else
		XDG_RUNTIME_DIR=/run
		export XDG_RUNTIME_DIR
		exec setpriv --no-new-privs -- \
			chroot --userspec $user:$user "$root" /usr/bin/adit "$@"
	fi
}

contained() {
	(become "$@")
}

# launch: the daemon; sets pid.
launch() {
	if [ -n "$emulator" ]; then
		become run -c "$root/etc/adit/adit.conf" >"$work/log" 2>&1 &
	else
		become run >"$work/log" 2>&1 &
	fi
	pid=$!
}

refused() {
	! "$@"
}

# The health check of the image.
health() {
	contained status
}

check 'nothing can be written' refused touch "$root/file"
check 'before a start it is not healthy' fails_saying 'adit' health
launch
check 'it carries traffic' will_carry $port
check 'it is healthy' health
check 'its user is 9999' sh -c 'grep "^Uid:.9999.9999.9999.9999" /proc/$1/status' \
	sh $pid
check 'it has no capability' grep 'CapEff:.0*$' /proc/$pid/status
section two $second >>"$work/etc/adit.conf"
kill -s HUP $pid
check 'it reloads' will_carry $second
kill -s STOP $pid
check 'a daemon that hangs is not healthy' refused health
kill -s CONT $pid
check 'it is healthy again' until_ok health
kill -s TERM $pid
check 'SIGTERM ends it with status 0' wait $pid
check 'it is not healthy then' fails_saying 'adit' health
launch
check 'it can be started again' will_carry $port
kill -s KILL $pid
check 'killed' until_ok gone $pid
check 'it is not healthy, too' fails_saying 'adit' health
launch
check 'and starts beside what was left' will_carry $port
check 'and is healthy' health
kill -s TERM $pid
check 'its end' wait $pid

# --- As root -----------------------------------------------------------------

user=0
launch
check 'root: it carries traffic' will_carry $port
check 'but in a folder of 9999 it is not healthy' fails_saying 'adit' health
kill -s TERM $pid
check 'its end' wait $pid
[ -z "$emulator" ] || umount /run/adit
umount "$root/run/adit"
own_run uid=0,mode=750
launch
check 'root, in a folder of its own: it carries traffic' will_carry $port
check 'and is healthy' until_ok health
kill -s TERM $pid
check 'its end' wait $pid
# An emulated program finds the users of the machine.
if [ -z "$emulator" ]; then
	printf '[daemon]\nuser = adit\n' >>"$work/etc/adit.conf"
	launch
	check 'root that it drops: it carries traffic' will_carry $port
	check 'and is healthy' until_ok health
	check 'its user is 9999' grep '^Uid:.9999.9999.9999.9999' \
		/proc/$pid/status
	kill -s TERM $pid
	check 'its end' wait $pid
fi
done_testing
