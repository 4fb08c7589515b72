#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# contrib/runit under runit, in a copy of the machine: runit.sh SRCDIR.

# shellcheck source=tests/packages/init/inside.sh
. "${0%/*}/inside.sh"

SVDIR=/run/service
SVWAIT=60
export SVDIR SVWAIT
mkdir -p /etc/sv "$SVDIR"
rm -rf /etc/sv/adit* /var/log/adit* /etc/adit/*.conf
cp -R "$srcdir/contrib/runit/adit" /etc/sv/adit
cp -R "$srcdir/contrib/runit/adit" /etc/sv/adit-office

# is_down NAME: whether it is, and is not to be started again.
is_down() {
	case $(sv status "$1") in
	*', want up'*) ;;
	down:*', normally up'*) return 0 ;;
	esac
	return 1
}

good_conf adit $port
ln -s /etc/sv/adit "$SVDIR/adit"
runsvdir "$SVDIR" >"$work/runsvdir" 2>&1 </dev/null &
supervisor=$!
trap 'kill -s HUP $supervisor; kill $echo_pid; rm -rf "$work"' 0
check 'it is started' until_ok sv check adit
check 'sv start waits until it answers' is 0 sv start adit
check 'it carries traffic then' carries $port
check 'sv status' says 'run: adit' sv status adit
pid=$(daemon_pid adit)
write_conf adit "$(section one $port)" "$(section two $second)"
check 'reload' is 0 sv reload adit
check 'it follows the configuration' will_carry $second
check 'as the same process' same adit "$pid"
bad_conf adit
check 'reload of a wrong configuration' is 0 sv reload adit
check 'is in the log' until_ok grep -F 'adit.conf: line 4' /var/log/adit/current
check 'and leaves the tunnel as it is' carries $port
check 'the process is the same' same adit "$pid"
good_conf adit $port
kill -s KILL "$pid"
check 'a killed daemon is started again' until_ok replaced adit "$pid"
check 'and carries traffic' will_carry $port
pid=$(daemon_pid adit)
check 'restart' is 0 sv restart adit
check 'is a new process' until_ok replaced adit "$pid"
check 'stop' is 0 sv stop adit
check 'is down' says 'down: adit' sv status adit

: >/var/log/adit/current
bad_conf adit
sv up adit
check 'a wrong configuration is in the log' \
	until_ok grep -F 'adit.conf: line 4' /var/log/adit/current
check 'and is given up' \
	until_ok grep -F 'not started again' /var/log/adit/current
check 'it stays down' until_ok is_down adit
good_conf adit $port
check 'it starts when it is right' is 0 sv start adit
check 'with traffic' carries $port
sv stop adit
half_bad_conf adit $port
check 'a tunnel that is wrong does not keep the others from running' \
	is 0 sv start adit
check 'they carry traffic' carries $port

echo 'OPTIONS="--verbosity debug"' >/etc/sv/adit-office/conf
good_conf office $third
ln -s /etc/sv/adit-office "$SVDIR/adit-office"
check 'a second instance is started' until_ok sv check adit-office
check 'and carries traffic' will_carry $third
check 'its log is its own' until_ok grep -F DEBUG /var/log/adit-office/current
check 'the first goes on' carries $port
check 'stop of the second' is 0 sv stop adit-office
check 'leaves the first' carries $port
rm "$SVDIR/adit" "$SVDIR/adit-office"
kill -s HUP $supervisor
check 'the end of the supervisor is that of all' \
	until_ok sh -c '! adit status --control /run/adit/adit'
trap 'kill $echo_pid; rm -rf "$work"' 0
done_testing
