# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# For the scripts here that are run in a copy of the machine, which read it:
# what they all need.  The copy has a network of its own, so ports are free.
#
# The scripts use these variables.
# shellcheck shell=sh disable=SC2034

# shellcheck source=tests/portability/tap.sh
. "$1/tests/portability/tap.sh"

# An application, which answers; ports of the tunnels to it.
echo_port=7000
port=7001
second=7002
third=7003
mkdir -p /etc/adit
chown root:root /etc/adit
chmod 755 /etc/adit
adit echo 127.0.0.1:$echo_port >"$work/echo" 2>&1 </dev/null &
echo_pid=$!
trap 'kill $echo_pid; rm -rf "$work"' 0

# until_ok COMMAND...: waits until it succeeds; fails after two minutes.
until_ok() {
	end=$(($(date +%s) + 120))
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt $end ] || return 1
		sleep 0.1
	done
}

until_ok grep 'listening on' "$work/echo"

# section NAME PORT: a tunnel of a configuration.
section() {
	printf '[tunnel %s]\nleft = udp-listen:127.0.0.1:%s\n' "$1" "$2"
	printf 'right = udp:127.0.0.1:%s\n' "$echo_port"
}

# write_conf NAME SECTION...: /etc/adit/NAME.conf, of a daemon that drops root.
write_conf() {
	file=/etc/adit/$1.conf
	shift
	{
		printf '[daemon]\nuser = nobody\n'
		for text in "$@"; do
			printf '%s\n' "$text"
		done
	} >"$file"
	chmod 644 "$file"
}

good_conf() {
	write_conf "$1" "$(section one "$2")"
}

# The fault is in line 4.
bad_conf() {
	write_conf "$1" '[tunnel one]' 'left = udp-listen:127.0.0.1:notaport'
}

# One tunnel of two is wrong.
half_bad_conf() {
	write_conf "$1" "$(section one "$2")" '[tunnel two]' 'left = nothing:1'
}

# pinged PORT [OPTION...]: whether something there answers, in a second.
pinged() {
	to=127.0.0.1:$1
	shift
	adit ping --quiet --count 3 --rate 100 "$@" "$to"
}

# carries PORT: whether a tunnel there does now, however slow the machine is.
carries() {
	pinged "$1" --timeout 30
}

will_carry() {
	until_ok pinged "$1"
}

# is STATUS COMMAND...: whether that is its exit status.
is() {
	expected=$1
	shift
	"$@"
	got=$?
	[ $got = "$expected" ] || {
		echo "status $got, not $expected"
		return 1
	}
}

# says TEXT COMMAND...: whether that is in what it prints.
says() {
	text=$1
	shift
	"$@" >"$work/printed" 2>&1
	cat "$work/printed"
	grep -F -e "$text" "$work/printed" >/dev/null
}

# fails_saying TEXT COMMAND...: whether it fails with that.
fails_saying() {
	text=$1
	shift
	if "$@" >"$work/printed" 2>&1; then
		cat "$work/printed"
		echo 'it has succeeded'
		return 1
	fi
	cat "$work/printed"
	grep -F -e "$text" "$work/printed" >/dev/null
}

# daemon_pid NAME: of the daemon of that instance, by its control socket.
daemon_pid() {
	adit status --json --control "/run/adit/$1" 2>/dev/null |
		sed -n 's/.*"pid": *\([0-9]*\).*/\1/p'
}

answers() {
	[ -n "$(daemon_pid "$1")" ]
}

gone() {
	! kill -0 "$1"
}

# replaced NAME PID: whether a new daemon answers.
replaced() {
	now=$(daemon_pid "$1")
	[ -n "$now" ] && [ "$now" != "$2" ]
}

# same NAME PID: whether it still is that process.
same() {
	[ "$(daemon_pid "$1")" = "$2" ]
}
