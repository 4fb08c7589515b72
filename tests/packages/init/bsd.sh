#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# contrib/freebsd and contrib/netbsd in a copy of the machine, with a shell and
# a stand-in for rc.subr(8), or that of the system itself:
# bsd.sh SRCDIR freebsd|netbsd SHELL [RC.SUBR].

# shellcheck source=tests/packages/init/inside.sh
. "${0%/*}/inside.sh"
system=$2
shell=$3
RECORD=/run/record
export RECORD

rm -rf /etc/adit /usr/local/etc/adit
if [ "$system" = freebsd ]; then
	script=/usr/local/etc/rc.d/adit
	enable=adit_enable
	etc=/usr/local/etc/adit
	program=/usr/local/bin/adit
	mkdir -p /usr/local/etc/rc.d "$etc"
	# The helpers write to /etc/adit.
	ln -s "$etc" /etc/adit
	sed 's,%%PREFIX%%,/usr/local,g' \
		"$srcdir/contrib/freebsd/files/adit.in" >"$script"
else
	script=/etc/rc.d/adit
	enable=adit
	etc=/etc/adit
	program=/usr/pkg/bin/adit
	mkdir -p /etc/rc.d "$etc" /usr/pkg/bin
	cp "$srcdir/contrib/netbsd/adit" "$script"
fi
cp /usr/bin/adit "$program"
cp "${4:-$srcdir/tests/packages/init/rc.subr}" /etc/rc.subr
# Scripts call /bin/sh, which is that shell here.
if [ "$shell" != /bin/sh ]; then
	printf '#!/bin/dash\nexec %s "$@"\n' "$shell" >/bin/sh.new
	chmod 755 /bin/sh.new
	mv /bin/sh.new /bin/sh
fi
run=/run/adit
[ -e /var/run ] || ln -s /run /var/run

# rc_conf LINE...: rc.conf(5).
rc_conf() {
	for line in "$@"; do
		printf '%s\n' "$line"
	done >/etc/rc.conf
}

service() {
	/bin/sh "$script" "$@"
}

refused() {
	! "$@"
}

# records TEXT COMMAND...: whether exactly that was run.
records() {
	text=$1
	shift
	rm -f "$RECORD"
	"$@" || return
	printf '%s\n' "$text" | tr -s ' ' >"$work/wanted"
	[ ! -f "$RECORD" ] || tr -s ' ' <"$RECORD" |
		diff "$work/wanted" - || return
}

rc_conf "#"
good_conf adit $port
check 'it is not enabled by itself' sh -c "
	! /bin/sh $script start || ! test -e $run/adit.pid"
check 'unless it is asked for once' is 0 service onestart
check 'then it carries traffic' carries $port
check 'and is stopped once' is 0 service onestop
rc_conf "$enable=YES" 'adit_flags="--drain 1"'
rm -f "$etc/adit.conf"
check 'without a configuration it does not start' refused service start
bad_conf adit
check 'nor with a wrong one' refused service start
check 'whose line is named' fails_saying 'adit.conf: line 4' service start
check 'configtest fails' refused service configtest
check 'it does not run' refused service status
good_conf adit $port
check 'configtest' is 0 service configtest
if [ $# = 3 ]; then
	check 'it starts, by this command' records \
		"$program run -c $etc/adit.conf -d --pidfile \
/var/run/adit/adit.pid --control /var/run/adit/adit --drain 1" service start
else
	check 'it starts' is 0 service start
fi
check 'it carries traffic when it has started' carries $port
check 'status' is 0 service status
pid=$(cat $run/adit.pid)
check 'a second start is refused' refused service start
write_conf adit "$(section one $port)" "$(section two $second)"
if [ $# = 3 ]; then
	check 'reload, by a signal' records "kill -HUP $pid" service reload
else
	check 'reload' is 0 service reload
fi
check 'it follows the configuration' will_carry $second
bad_conf adit
check 'a wrong configuration is not reloaded' refused service reload
check 'nor is anything stopped for it' refused service restart
check 'the process is the same' same adit "$pid"
good_conf adit $port
check 'restart' is 0 service restart
check 'is a new process' replaced adit "$pid"
pid=$(cat $run/adit.pid)
kill -s KILL "$pid"
check 'killed' until_ok gone "$pid"
check 'it does not run' refused service status
check 'it starts again' is 0 service start
check 'with traffic' carries $port
check 'stop' is 0 service stop
check 'is the end' refused service status
half_bad_conf adit $port
check 'a tunnel that is wrong does not keep the others from running' \
	is 0 service start
check 'they carry traffic' carries $port
check 'stop of that' is 0 service stop

# --- Profiles ----------------------------------------------------------------

good_conf home $port
good_conf office $third
rc_conf "$enable=YES" 'adit_profiles="home office"' \
	"adit_office_config=$etc/other.conf" 'adit_office_flags="-v debug"'
mv "$etc/office.conf" "$etc/other.conf"
check 'all profiles start' is 0 service start
check 'the first carries traffic' carries $port
check 'so does the second' carries $third
check 'status' is 0 service status
check 'one is stopped' is 0 service stop home
check 'its status' refused service status home
check 'that of the other' is 0 service status office
check 'that of all' refused service status
check 'the other carries traffic' carries $third
check 'one is started' is 0 service start home
check 'with traffic' carries $port
check 'what is no profile is refused' fails_saying 'no such profile' \
	service start other
check 'all are stopped' is 0 service stop
check 'the first' refused service status home
check 'and the second' refused service status office
done_testing
