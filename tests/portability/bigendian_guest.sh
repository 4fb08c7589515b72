#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# The first process of bigendian_kernel.sh's guest, which has busybox, adit and
# the tests: runs all and powers off.  Lines with @@ are results.

# $pids and $insecure are lists of words.
# shellcheck disable=SC2086

/bin/busybox --install -s /bin
PATH=/bin
export PATH ADIT_TEST_DATA=/t/data ADIT_SCHEDULES=10
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mount -t tmpfs tmp /tmp
insmod /tun.ko
insmod /veth.ko
mkdir -p /dev/net
[ -c /dev/net/tun ] || mknod /dev/net/tun c 10 200
ip link set lo up
cd /tmp || poweroff -f

# say RESULT NAME LOG: with the log if it failed.
say() {
	echo "@@ $1 $2"
	[ "$1" = ok ] || tail -n 25 "$3" | sed 's/^/## /'
}

# judge NAME COMMAND...
judge() {
	name=$1
	shift
	if "$@" >log 2>&1; then
		say ok "$name"
	else
		say failed "$name" log
	fi
}

# program FILE: its TAP has no failure and is whole.
program() {
	if timeout 1200 "$1" >log 2>&1 && ! grep -q '^not ok' log &&
		grep -q '^1\.\.[0-9]' log; then
		say ok "$1: $(grep -c '^ok' log) tests, $(grep -ci '# skip' \
			log) skipped"
	else
		grep '^not ok' log >failures
		cat failures >>log
		say failed "$1" log
	fi
}

# until COMMAND...: waits for it, two minutes at most.
until_true() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 1200 ] || return 1
		usleep 100000
	done
}

# daemon LOG COMMAND...: waits until it is ready.
daemon() {
	to=$1
	shift
	"$@" >"$to" 2>&1 &
	pids="$pids $!"
	until_true grep -q 'ready$\|listening on' "$to" || {
		cat "$to"
		return 1
	}
}

stop() {
	[ -z "$pids" ] || kill $pids
	wait $pids
	pids=
}

# flood COUNT SIZE FLOWS HOST:PORT: all come back, and as they were sent.
flood() {
	adit ping --json -q -f -c "$1" -s "$2" --flows "$3" -w 20 "$4" >summary
	cat summary
	grep -q "\"sent\":[ ]*$1[,}]" summary &&
		grep -q "\"received\":[ ]*$1[,}]" summary &&
		grep -q '"corrupt":[ ]*0[,}]' summary
}

# carrier ACCEPTING DIALLING: a tunnel of that kind, and floods through it.
carrier() {
	pids=
	daemon echo.log adit echo 127.0.0.1:7007 &&
		daemon server.log adit tunnel "$1" udp:127.0.0.1:7007 &&
		daemon client.log adit tunnel -v debug \
			udp-listen:127.0.0.1:8911 "$2" &&
		flood 5000 1200 1 127.0.0.1:8911 &&
		flood 5000 300 7 127.0.0.1:8911 &&
		flood 200 9000 3 127.0.0.1:8911 &&
		grep 'with UDP_SEGMENT, with UDP_GRO, with their' client.log
	result=$?
	tail -n 5 server.log client.log
	stop
	return $result
}

psk=00112233445566778899aabbccddeeff

# devices LEFT RIGHT: two networks, each with a TUN device.
devices() {
	pids=
	unshare -n sleep 100000 &
	there=$!
	until_true sh -c "! cmp -s /proc/$there/comm /proc/self/comm && \
		[ \$(readlink /proc/$there/ns/net) != \
		\$(readlink /proc/self/ns/net) ]" || return 1
	veth here there $there || return 1
	ip address add 10.77.0.1/24 dev here
	ip link set here up
	nsenter -t $there -n ip address add 10.77.0.2/24 dev there
	nsenter -t $there -n ip link set there up
	nsenter -t $there -n ip link set lo up
	daemon server.log nsenter -t $there -n adit tunnel $insecure \
		"$1" tun:vpn,addr=10.8.0.1/24,addr=fd08::1/64$2 &&
		daemon client.log adit tunnel \
			tun:vpn,addr=10.8.0.2/24,addr=fd08::2/64 "$3" &&
		daemon echo.log nsenter -t $there -n adit echo 10.8.0.1:7007 &&
		until_true ping -c 1 -W 1 10.8.0.1 &&
		ping -c 5 -s 1200 10.8.0.1 &&
		until_true ping -6 -c 1 -W 1 fd08::1 &&
		flood 2000 1100 1 10.8.0.1:7007 &&
		flood 2000 100 5 10.8.0.1:7007 &&
		# More than the MTU: fragments.
		flood 50 5000 1 10.8.0.1:7007
	result=$?
	tail -n 5 server.log client.log
	stop
	kill $there
	wait $there
	return $result
}

echo "@@ ok $(uname -srm), $(printf '\001\002' | od -An -tx2 | tr -d ' ')"
# od shows 0102 where the byte order is big-endian.
judge 'this kernel is big-endian' \
	sh -c "printf '\\001\\002' | od -An -tx2 | grep -q 0102"
program /t/unit/test_udp
adit gencert -d certs localhost 127.0.0.1 >log 2>&1 || say failed gencert log
judge 'carrier udp' carrier udp-listen:127.0.0.1:4433 udp:127.0.0.1:4433
judge 'carrier tcp' carrier tcp-listen:127.0.0.1:4433 tcp:127.0.0.1:4433
judge 'carrier tls' carrier \
	tls-listen:127.0.0.1:4433,cert=certs/server.pem,key=certs/server.key \
	tls:127.0.0.1:4433,cafile=certs/ca.pem
judge 'carrier uott' carrier uott-listen:127.0.0.1:4433 uott:127.0.0.1:4433
judge 'carrier udp2tcp' carrier udp2tcp-listen:127.0.0.1:4433 \
	udp2tcp:127.0.0.1:4433
judge 'carrier dtls' carrier dtls-listen:127.0.0.1:4433,psk=$psk \
	dtls:127.0.0.1:4433,psk=$psk
insecure=
judge 'TUN over dtls' devices "dtls-listen:10.77.0.2:4433,psk=$psk" '' \
	dtls:10.77.0.2:4433,psk=$psk
insecure=--insecure
judge 'TUN over tcp' devices tcp-listen:10.77.0.2:4433 '' tcp:10.77.0.2:4433
judge 'TUN over uott' devices uott-listen:10.77.0.2:4433 '' \
	uott:10.77.0.2:4433
for file in /t/unit/test_* /t/sim/test_*; do
	[ ! -x "$file" ] || program "$file"
done
echo '@@ end'
poweroff -f
