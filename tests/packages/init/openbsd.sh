#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# contrib/openbsd in a copy of the machine, in mksh and with a stand-in for
# rc.subr(8), or that of the system itself: openbsd.sh SRCDIR [RC.SUBR].

# shellcheck source=tests/packages/init/inside.sh
. "${0%/*}/inside.sh"
RECORD=/run/record
export RECORD

rm -f /etc/adit/*.conf /etc/rc.conf.local
mkdir -p /etc/rc.d
cp "$srcdir/contrib/openbsd/adit" /etc/rc.d/adit
ln -s adit /etc/rc.d/adit_office
cp "${2:-$srcdir/tests/packages/init/rc.subr.openbsd}" /etc/rc.d/rc.subr
cp /usr/bin/adit /usr/local/bin/adit
rm -f /bin/ksh
ln -s "$(command -v mksh)" /bin/ksh
echo 'wheel:x:0:' >>/etc/group
[ -e /var/run ] || ln -s /run /var/run

service() {
	/bin/ksh "/etc/rc.d/$1" "$2"
}

refused() {
	! "$@"
}

check 'without a configuration it does not start' refused service adit start
bad_conf adit
check 'nor with a wrong one' refused service adit start
check 'configtest fails' refused service adit configtest
check 'it does not run' refused service adit check
good_conf adit $port
check 'configtest' is 0 service adit configtest
check 'it starts' is 0 service adit start
check 'it carries traffic when it has started' carries $port
check 'it runs' is 0 service adit check
[ $# != 1 ] || check 'by this command' grep -x -F -e \
	"/usr/local/bin/adit run -c /etc/adit/adit.conf -d \
--control /var/run/adit/adit" $RECORD
pid=$(daemon_pid adit)
check 'a second start changes nothing' is 0 service adit start
check 'indeed' same adit "$pid"
write_conf adit "$(section one $port)" "$(section two $second)"
check 'reload' is 0 service adit reload
check 'it follows the configuration' will_carry $second
check 'as the same process' same adit "$pid"
bad_conf adit
check 'a wrong configuration is not reloaded' refused service adit reload
check 'nor is anything stopped for it' refused service adit restart
check 'the process is the same' same adit "$pid"
good_conf adit $port
check 'restart' is 0 service adit restart
check 'is a new process' replaced adit "$pid"
pid=$(daemon_pid adit)
kill -s KILL "$pid"
check 'killed' until_ok refused service adit check
check 'it starts again' is 0 service adit start
check 'with traffic' carries $port

good_conf office $third
echo 'adit_office_flags=--drain 1' >/etc/rc.conf.local
check 'a second instance starts' is 0 service adit_office start
check 'and carries traffic' carries $third
[ $# != 1 ] || check 'with its flags' grep -x -F -e \
	"/usr/local/bin/adit run -c /etc/adit/office.conf -d \
--control /var/run/adit/office --drain 1" $RECORD
check 'the first is stopped' is 0 service adit stop
check 'and does not run' refused service adit check
check 'the second does' is 0 service adit_office check
check 'and carries traffic then' carries $third
check 'the second is stopped' is 0 service adit_office stop
half_bad_conf adit $port
check 'by hand a wrong tunnel is refused' refused service adit start
INRC=1
export INRC
check 'while the machine boots it is not' is 0 service adit start
check 'and the others run' carries $port
done_testing
