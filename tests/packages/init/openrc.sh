#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# contrib/openrc under OpenRC, in a copy of the machine: openrc.sh SRCDIR.

# shellcheck source=tests/packages/init/inside.sh
. "${0%/*}/inside.sh"

install -m 755 "$srcdir/contrib/openrc/adit.initd" /etc/init.d/adit
install -D -m 644 "$srcdir/contrib/openrc/adit.confd" /etc/conf.d/adit
ln -sf adit /etc/init.d/adit.office
# As if the machine had booted; of its own services none is needed here.
for folder in starting started stopping inactive wasinactive failed hotplugged \
	daemons options exclusive scheduled tmp; do
	mkdir -p /run/openrc/$folder
done
: >/run/openrc/softlevel
printf 'rc_need="!net"\n' >>/etc/rc.conf

service() {
	rc-service "$@"
}

# ended NAME: whether the service does not run, by OpenRC's words.
ended() {
	! rc-service "$1" status
}

rm -f /etc/adit/*.conf
check 'without a configuration it does not start' is 1 service adit start
check 'and says why' fails_saying '/etc/adit/adit.conf' service adit start
bad_conf adit
check 'nor with a wrong one' is 1 service adit start
check 'whose line is named' fails_saying 'adit.conf: line 4' service adit start
check 'it does not run' is 3 service adit status
good_conf adit $port
check 'checkconfig' is 0 service adit checkconfig
check 'it starts' is 0 service adit start
check 'it carries traffic' will_carry $port
check 'status' is 0 service adit status
pid=$(daemon_pid adit)
check 'a second start changes nothing' is 0 service adit start
check 'indeed' same adit "$pid"
write_conf adit "$(section one $port)" "$(section two $second)"
check 'reload' is 0 service adit reload
check 'it follows the configuration' will_carry $second
check 'as the same process' same adit "$pid"
bad_conf adit
check 'a wrong configuration is not reloaded' is 1 service adit reload
check 'nor is anything stopped for it' is 1 service adit restart
check 'the same process still runs' same adit "$pid"
good_conf adit $port
kill -s KILL "$pid"
check 'a killed daemon is started again' until_ok replaced adit "$pid"
check 'and carries traffic' will_carry $port
pid=$(daemon_pid adit)
check 'restart' is 0 service adit restart
check 'is a new process' until_ok replaced adit "$pid"
check 'that carries traffic' will_carry $port

good_conf office $third
check 'a second instance starts' is 0 service adit.office start
check 'and carries traffic' will_carry $third
check 'stop' is 0 service adit stop
check 'it does not run then' is 3 service adit status
check 'the second instance does' is 0 service adit.office status
check 'stop of the second' is 0 service adit.office stop
check 'and of what does not run' is 0 service adit stop

# While the machine boots one wrong tunnel must not keep the others down.
half_bad_conf adit $port
check 'by hand a wrong tunnel is refused' is 1 service adit start
mkdir -p /run/openrc/rc.starting
check 'while the machine boots it is not' is 0 service adit start
rmdir /run/openrc/rc.starting
check 'and the others run' will_carry $port
check 'stop of that' is 0 service adit stop

# --- A health check ----------------------------------------------------------

good_conf adit $port
printf 'healthcheck_delay=1\nhealthcheck_timer=1\n' >>/etc/conf.d/adit
check 'start with a health check' is 0 service adit start
check 'traffic with it' will_carry $port
pid=$(daemon_pid adit)
kill -s STOP "$pid"
check 'a daemon that does not answer is replaced' until_ok replaced adit "$pid"
check 'by one that carries traffic' will_carry $port
check 'stop, too' is 0 service adit stop

# --- Without a supervisor ----------------------------------------------------

printf 'supervisor=""\n' >/etc/conf.d/adit
check 'start without a supervisor' is 0 service adit start
check 'it carries traffic at once' carries $port
check 'its status' is 0 service adit status
pid=$(daemon_pid adit)
write_conf adit "$(section one $port)" "$(section two $second)"
check 'its reload' is 0 service adit reload
check 'has an effect' will_carry $second
kill -s KILL "$pid"
check 'killed' until_ok gone "$pid"
# OpenRC's own start-stop-daemon notes that it has crashed; Debian has a
# different one.
check 'it can be started again' sh -c '
	rc-service adit zap && rc-service adit start'
check 'with traffic' carries $port
write_conf office "$(section one $echo_port)"
printf 'supervisor=""\n' >/etc/conf.d/adit.office
check 'what cannot listen does not start' is 1 service adit.office start
check 'the last stop' is 0 service adit stop
check 'ends all' ended adit
done_testing
