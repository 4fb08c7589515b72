#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# contrib/s6 under s6, in a copy of the machine: s6.sh SRCDIR.

# shellcheck source=tests/packages/init/inside.sh
. "${0%/*}/inside.sh"

scan=/run/service
rm -rf "$scan" /var/log/adit* /etc/adit/*.conf
mkdir -p "$scan"

# add NAME: a service directory, with its logger.
add() {
	cp -R "$srcdir/contrib/s6/adit" "$scan/$1"
	s6-svscanctl -a "$scan" 2>/dev/null
}

# ready NAME: waits until it is.
ready() {
	until_ok s6-svok "$scan/$1" && s6-svwait -t 120000 -U "$scan/$1"
}

# stat_says NAME TEXT
stat_says() {
	s6-svstat "$scan/$1" | grep -e "$2"
}

good_conf adit $port
add adit
s6-svscan "$scan" >"$work/scan" 2>&1 </dev/null &
trap 's6-svscanctl -t "$scan"; kill $echo_pid; rm -rf "$work"' 0
check 'it is ready' ready adit
check 'it carries traffic when it is' carries $port
check 's6-svstat' stat_says adit 'up .*ready'
pid=$(daemon_pid adit)
check 's6-supervise has the daemon itself' stat_says adit "pid $pid"
write_conf adit "$(section one $port)" "$(section two $second)"
check 'reload' s6-svc -h "$scan/adit"
check 'it follows the configuration' will_carry $second
check 'as the same process' same adit "$pid"
bad_conf adit
check 'reload of a wrong configuration' s6-svc -h "$scan/adit"
check 'is in the log' until_ok grep -F 'adit.conf: line 4' /var/log/adit/current
check 'and leaves the tunnel as it is' carries $port
good_conf adit $port
kill -s KILL "$pid"
check 'a killed daemon is started again' until_ok replaced adit "$pid"
check 'it is ready again' ready adit
check 'and carries traffic' carries $port
check 'stop' s6-svc -wD -T 60000 -d "$scan/adit"
check 'is down' stat_says adit '^down'

: >/var/log/adit/current
bad_conf adit
s6-svc -u "$scan/adit"
check 'a wrong configuration is in the log' \
	until_ok grep -F 'not started again' /var/log/adit/current
check 'and is not tried again' until_ok stat_says adit 'down (exitcode 2)'
good_conf adit $port
s6-svc -u "$scan/adit"
check 'it starts when it is right' ready adit
check 'with traffic' carries $port

good_conf office $third
add adit-office
check 'a second instance is ready' ready adit-office
check 'and carries traffic' carries $third
check 'the first goes on' carries $port
check 'stop of the second' s6-svc -wD -T 60000 -d "$scan/adit-office"
check 'leaves the first' carries $port
done_testing
