#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# An interface of `proto adit` with a real adit: interface.sh ROOT; TAP.  Root
# alone can run it.
#
# NOTES.  It runs in a network namespace, of which a second one is the server.
# What netifd would do, the stand-in does only in part: it records, and starts
# the command; addresses are set here when the handler has asked for them.

set -u

if [ "${INTERFACE_INSIDE-}" = '' ]; then
	INTERFACE_INSIDE=1
	export INTERFACE_INSIDE
	exec unshare -n -m sh "$0" "$@"
fi

root=$1
STUBS=$(cd "$(dirname "$0")" && pwd)
: "${ASH:=busybox ash}"
work=$(mktemp -d)
mount -t tmpfs -o mode=700 tmpfs "$work"
server='' far=''
end() {
	trap '' 1 2 15
	[ -z "$server" ] || kill "$server" 2>/dev/null
	[ ! -f "$work/pid" ] || kill "$(cat "$work/pid")" 2>/dev/null
	[ -z "$far" ] || kill "$far" 2>/dev/null
	umount -l "$work"
	rmdir "$work" 2>/dev/null
}
trap end 0
trap 'exit 1' 1 2 15

cp -R "$root" "$work/root"
root=$work/root
RECORD=$work/record ADIT_ROOT=$root ADIT_RUN=$work/etc ADIT_SOCKETS=$work/run
ADIT_PROG=$ADIT RUN_COMMAND=$work/start
export STUBS RECORD ADIT_ROOT ADIT_RUN ADIT_SOCKETS ADIT_PROG RUN_COMMAND
: >"$RECORD"
cat >"$work/start" <<END
#!/bin/sh
"\$@" 2>"$work/log" &
echo \$! >"$work/pid"
END
# Of the environment adit passes nothing on.
event=$root/usr/lib/adit/netifd-event
mv "$event" "$event.real"
cat >"$event" <<END
#!/bin/sh
STUBS='$STUBS' RECORD='$RECORD' ADIT_ROOT='$root' ADIT_RUN='$ADIT_RUN'
export STUBS RECORD ADIT_ROOT ADIT_RUN
exec $ASH '$event.real' "\$@"
END
chmod 755 "$work/start" "$event"

tests=0
# ok NAME STATUS
ok() {
	tests=$((tests + 1))
	if [ "$2" = 0 ]; then
		echo "ok $tests - $1"
	else
		echo "not ok $tests - $1"
		sed "s/^/# /" "$RECORD" "$work"/log* "$work/server.log"
		failed=1
	fi
}

# until_recorded LINE [COUNT]: waits for so many such lines.
until_recorded() {
	left=${ADIT_PATIENCE:-200}0
	until [ "$(grep -cxF "$1" "$RECORD")" -ge "${2:-1}" ]; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 0.1
	done
}

# shellcheck disable=SC2086
handler() {
	$ASH "$root/lib/netifd/proto/adit.sh" adit "$@"
}

# The server, in a namespace of its own.
ip link set lo up
unshare -n sleep 100000 &
far=$!
while [ "$(readlink /proc/$far/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do
	sleep 0.1
done
ip link add v0 type veth peer name v1 netns "$far"
ip addr add 192.0.2.1/24 dev v0
ip link set v0 up
inside() {
	nsenter -t "$far" -n "$@"
}
inside ip link set lo up
inside ip addr add 192.0.2.7/24 dev v1
inside ip link set v1 up
psk=000102030405060708090a0b0c0d0e0f
start_server() {
	nsenter -t "$far" -n "$ADIT" tunnel "dtls-listen:192.0.2.7:2815,psk=$psk" \
		tun:far,addr=10.88.0.1/24 2>"$work/server.log" &
	server=$!
}
start_server

data="{\"right\": \"dtls:192.0.2.7:2815\", \"psk\": \"$psk\",
	\"identity\": \"router\", \"addresses\": [\"10.88.0.2/24\"],
	\"extra\": [\"right_timeout=2\"], \"user\": \"${INTERFACE_USER:-root}\"}"
handler setup vpn "$data" 2>"$work/log.setup"
until_recorded 'send_update vpn'
ok 'ifup: the interface is up when the tunnel carries' $?
grep -qx 'add_host_dependency vpn 192.0.2.7 \[\]' "$RECORD"
ok 'the route to the server is kept' $?
grep -qx 'add_ipv4_address 10.88.0.2 24' "$RECORD"
ok 'netifd has the address' $?
# As netifd does.
ip addr add 10.88.0.2/24 dev adit-vpn
ip link set adit-vpn up
ping -c 3 -i 0.2 -W 10 10.88.0.1 >"$work/ping" 2>&1
ok 'packets pass' $?
[ "$("$ADIT" status --json --control "$ADIT_SOCKETS/if-vpn" |
	grep -c '"state":"running"')" = 1 ]
ok 'it has a control socket' $?

# The server is lost; netifd takes the interface down, and then it comes back.
kill -9 "$server"
wait "$server"
until_recorded 'init_update adit-vpn 0'
ok 'the interface is down when the tunnel is lost' $?
ip addr flush dev adit-vpn
ip link set adit-vpn down
start_server
until_recorded 'init_update adit-vpn 1' 2
ok 'it is up again, though the device was down' $?
ip addr add 10.88.0.2/24 dev adit-vpn
ip link set adit-vpn up
ping -c 3 -i 0.2 -W 10 10.88.0.1 >"$work/ping" 2>&1
ok 'packets pass again' $?

handler teardown vpn "$data"
grep -qx 'kill_command vpn' "$RECORD"
ok 'ifdown ends the process' $?
kill "$(cat "$work/pid")"
while [ -d /sys/class/net/adit-vpn ]; do
	sleep 0.1
done
tail -n 1 "$RECORD" | grep -qx 'kill_command vpn'
ok 'which tells netifd nothing more' $?
[ -z "$(find "$ADIT_RUN" -type f)" ]
ok 'no file is left' $?
echo "1..$tests"
[ -z "${failed-}" ]
