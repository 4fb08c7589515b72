#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# contrib/sysv in a copy of the machine: sysv.sh SRCDIR SHELL.

# shellcheck source=tests/packages/init/inside.sh
. "${0%/*}/inside.sh"
shell=$2

cp "$srcdir/contrib/sysv/adit" /etc/init.d/adit
rm -f /etc/default/adit /etc/sysconfig/adit /etc/adit/*.conf

init() {
	# A list of words.
	# shellcheck disable=SC2086
	$shell /etc/init.d/adit "$@"
}

# As a user who is not root.
nobody() {
	# shellcheck disable=SC2086
	setpriv --reuid 65534 --regid 65534 --clear-groups -- \
		$shell /etc/init.d/adit "$@"
}

number() {
	cat /run/adit/adit.pid
}

# unchanged COMMAND...: whether the process is the same after it.
unchanged() {
	before=$(number)
	"$@" || return
	[ "$(number)" = "$before" ] && kill -0 "$before"
}

# changed COMMAND...: whether there is a different process after it.
changed() {
	before=$(number)
	"$@" || return
	[ "$(number)" != "$before" ] && ! kill -0 "$before" 2>/dev/null
}

check 'update-rc.d understands the header' sh -c '
	update-rc.d adit defaults && ls /etc/rc2.d/S*adit /etc/rc6.d/K*adit'
check 'no action is status 2' is 2 init
check 'an unknown action is status 2' is 2 init frobnicate
check 'what does not run has status 3' is 3 init status
check 'no configuration is status 6' is 6 init start
check 'and is named' fails_saying 'no /etc/adit/adit.conf' init start
bad_conf adit
check 'a wrong configuration does not start, status 6' is 6 init start
check 'and its line is named' fails_saying '/etc/adit/adit.conf: line 4' init start
check 'it does not run' is 3 init status
check 'configtest has status 6' is 6 init configtest
good_conf adit $port
check 'configtest of a good one' is 0 init configtest
check 'it starts' is 0 init start
check 'it runs' is 0 init status
check 'it carries traffic when start has returned' carries $port
check 'anybody may ask for its status' is 0 nobody status
check 'only root may start' is 4 nobody start
check 'a second start is status 0, and changes nothing' unchanged is 0 init start
write_conf adit "$(section one $port)" "$(section two $second)"
check 'reload keeps the process' unchanged is 0 init reload
check 'and has it follow the configuration' will_carry $second
write_conf adit "$(section one $port)" "$(section two $second)" \
	"$(section three $third)"
check 'force-reload reloads' unchanged is 0 init force-reload
check 'which has an effect' will_carry $third
bad_conf adit
check 'a wrong configuration is not reloaded, status 6' \
	unchanged is 6 init reload
check 'nor is anything stopped for it' unchanged is 6 init restart
check 'it still carries traffic' carries $second
good_conf adit $port
check 'restart' changed is 0 init restart
check 'try-restart' changed is 0 init try-restart
check 'it carries traffic then' carries $port
killed=$(number)
kill -s KILL "$killed"
check 'killed, its privileged process removes the pid file' \
	until_ok is 3 init status
# Without that process nobody does.
section one $port >/etc/adit/adit.conf
check 'start as root alone' is 0 init start
killed=$(number)
kill -s KILL "$killed"
check 'killed, too' until_ok gone "$killed"
check 'it is dead with a pid file, status 1' is 1 init status
good_conf adit $port
check 'it starts again' is 0 init start
check 'with traffic' carries $port
check 'stop' is 0 init stop
check 'its pid file is gone' test ! -e /run/adit/adit.pid
check 'a second stop is status 0' is 0 init stop
check 'reload of what does not run is status 7' is 7 init reload
check 'try-restart of what does not run starts nothing' is 0 init try-restart
check 'indeed' is 3 init status
# A process of someone else has its number now.
echo "$$" >/run/adit/adit.pid
check 'a stale pid file is status 1' is 1 init status
check 'and not in the way of a start' is 0 init start
check 'that runs' carries $port
check 'stop again' is 0 init stop
echo "$echo_pid" >/run/adit/adit.pid
check 'a stop by a stale pid file is status 0' is 0 init stop
check 'which removes it' test ! -e /run/adit/adit.pid
check 'and ends nobody else' kill -0 "$echo_pid"
echo garbage >/run/adit/adit.pid
check 'a pid file without a number is status 4' is 4 init status
check 'by which nothing can be stopped, status 1' is 1 init stop
check 'and that is said' fails_saying 'cannot be said' init stop
check 'it is left as it is' grep -x garbage /run/adit/adit.pid
rm -f /run/adit/adit.pid
chmod 700 /run/adit
check 'what cannot be read is status 4' is 4 nobody status
chmod 755 /run/adit
half_bad_conf adit $port
check 'a tunnel that is wrong does not keep the others from running' \
	is 0 init start
check 'they carry traffic' carries $port
check 'stop of that' is 0 init stop
check 'what is wrong is said' says 'adit.conf: line 7' init start
init stop >/dev/null
# A port that is in use: the system refuses.
write_conf adit "$(section one $echo_port)"
check 'a port that is in use is status 1' is 1 init start

# --- Two instances ----------------------------------------------------------

good_conf adit $port
good_conf office $third
echo 'INSTANCES="adit office" OPTIONS="--verbosity debug"' >/etc/default/adit
check 'two instances start' is 0 init start
check 'the first carries traffic' carries $port
check 'so does the second' carries $third
check 'adit status asks one of them' \
	says 'udp-listen' adit status --control /run/adit/office
check 'one is stopped' is 0 init stop office
check 'its status is 3' is 3 init status office
check 'that of the other is 0' is 0 init status adit
check 'that of both is the worse' is 3 init status
bad_conf office
check 'a wrong second one is status 6' is 6 init start
check 'while the first goes on' carries $port
rm /etc/default/adit
check 'stop of the first' is 0 init stop

# --- A daemon that does not end, and a program that is not there -------------

echo 'STOP_TIMEOUT=1' >/etc/default/adit
init start >/dev/null
stuck=$(number)
kill -s STOP "$stuck"
check 'a daemon that does not end is killed' says 'is killed' init stop
check 'it is gone' gone "$stuck"
check 'and forgotten' is 3 init status
mv /usr/bin/adit /usr/bin/adit.away
check 'without the program start is status 5' is 5 init start
check 'and stop 0' is 0 init stop
mv /usr/bin/adit.away /usr/bin/adit
done_testing
