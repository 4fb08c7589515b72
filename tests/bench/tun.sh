#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Measures tunnels between two TUN devices, ours and the others that are found
# in PATH: tun.sh BUILD [OPTION]...; --help lists the options.  Needs root.
#
# NOTES.  There are two network namespaces joined by a veth pair, which are
# removed at the end.  In each round the tools are started one after the other,
# so that other load on the machine affects all of them; a figure is the median
# of the rounds.  Round trips are those of `adit ping` through the tunnel,
# throughput is iperf3's with one TCP stream, packet by packet.  The CPU time
# is that of the tunnel's processes on both sides for a gigabyte.

set -u
LC_ALL=C
export LC_ALL

usage() {
	cat <<'END'
usage: tun.sh BUILD [OPTION]...
  --only NAMES    these tools: --only "ip-udp quicktun"
  --rounds N      default: 5
  --seconds N     of each iperf3 (default: 4)
  --list          the tools, and which of them are here
  --help          this
UDPTUNNEL names the original udptunnel when it is not on PATH.
END
}

case ${1-} in
--help | -h)
	usage
	exit 0
	;;
esac
if [ $# -lt 1 ] || [ ! -x "$1/adit" ]; then
	usage >&2
	exit 2
fi
build=$(cd "$1" && pwd)
shift
only='' rounds=5 seconds=4 list=no
while [ $# -gt 0 ]; do
	case $1 in
	--only | --rounds | --seconds)
		if [ $# -lt 2 ]; then
			echo "tun.sh: $1 wants a value" >&2
			exit 2
		fi
		;;
	esac
	case $1 in
	--only) only=$2 && shift ;;
	--rounds) rounds=$2 && shift ;;
	--seconds) seconds=$2 && shift ;;
	--list) list=yes ;;
	--help | -h)
		usage
		exit 0
		;;
	*)
		echo "tun.sh: $1: unknown; --help has the options" >&2
		exit 2
		;;
	esac
	shift
done

adit=$build/adit
udptunnel=${UDPTUNNEL-}
work=$(mktemp -d)
key=00112233445566778899aabbccddeeff
# The ends of the cable, and of the tunnel.
left=10.213.0.1 right=10.213.0.2
here=10.214.0.1 there=10.214.0.2
a=adit-bench-a-$$ b=adit-bench-b-$$

say() {
	printf '%s\n' "$*" >&2
}

# on NAMESPACE COMMAND...: starts a program there.
on() {
	where=$1
	shift
	ip netns exec "$where" "$@" >>"$work/log" 2>&1 </dev/null &
	pids="$pids $!"
}

# address NAMESPACE DEVICE ADDRESS MTU: waits for the device, and raises it.
address() {
	tries=0
	until ip -n "$1" link show "$2" >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ $tries -lt 50 ] || return 1
		sleep 0.1
	done
	ip -n "$1" address add "$3/24" dev "$2" &&
		ip -n "$1" link set "$2" mtu "$4" up
}

# The keys of our devices; those of NAME_single pass packets one by one.
keys=''

# carried SERVER CLIENT: our tunnel with these carriers.
carried() {
	on "$b" "$adit" tunnel --insecure "$1" "tun:tb,addr=$there/24$keys"
	sleep 0.3
	on "$a" "$adit" tunnel "tun:ta,addr=$here/24$keys" "$2"
}

# up_NAME: starts that tool on both sides, the tunnel's addresses set.
up_ip_udp() {
	on "$b" "$adit" tunnel "tun:tb,addr=$there/24,mtu=1420$keys" \
		"ip-udp:$left:9000,local=$right:9000"
	on "$a" "$adit" tunnel "tun:ta,addr=$here/24,mtu=1420$keys" \
		"ip-udp:$right:9000,local=$left:9000"
}

up_dtls() {
	carried "dtls-listen:$right:9000,psk=$key" "dtls:$right:9000,psk=$key"
}

up_tls() {
	carried "tls-listen:$right:9000,cert=$work/server.pem,key=$work/server.key" \
		"tls:$right:9000,cafile=$work/ca.pem,pool=4"
}

up_tcp() {
	carried "tcp-listen:$right:9000" "tcp:$right:9000,pool=4"
}

up_uott() {
	carried "uott-listen:$right:9000" "uott:$right:9000"
}

up_udptunnel() {
	for side in a b; do
		remote=$right:9000 inner=$here name=$a
		[ $side = a ] || remote=:9000 inner=$there name=$b
		cat >"$work/$side.json" <<END
{ "TunnelDevice": "t$side", "TunnelAddress": "$inner",
  "NetworkAddress": "$remote", "AllowedPorts": [5201, 7777] }
END
		on "$name" "$udptunnel" "$work/$side.json"
	done
}

# Debian's takes what a file of interfaces says.
up_quicktun() {
	on "$a" env IFACE=ta IF_QT_TUN_MODE=1 IF_QT_PROTOCOL=raw \
		IF_QT_LOCAL_ADDRESS=$left IF_QT_LOCAL_PORT=9000 \
		IF_QT_REMOTE_ADDRESS=$right IF_QT_REMOTE_PORT=9000 quicktun
	on "$b" env IFACE=tb IF_QT_TUN_MODE=1 IF_QT_PROTOCOL=raw \
		IF_QT_LOCAL_ADDRESS=$right IF_QT_LOCAL_PORT=9000 \
		IF_QT_REMOTE_ADDRESS=$left IF_QT_REMOTE_PORT=9000 quicktun
	address "$a" ta $here 1420 && address "$b" tb $there 1420
}

# fastd_side NAMESPACE DEVICE OWN-KEY PEER-KEY LOCAL REMOTE METHOD
fastd_side() {
	cat >"$work/$2.conf" <<END
mode tun; interface "$2"; method "$7"; mtu 1420; log level warn;
bind $5:9000; secret "$3";
peer "other" { key "$4"; remote $6 port 9000; }
END
	on "$1" fastd -c "$work/$2.conf"
}

fastd_by() {
	one=$(fastd --generate-key --machine-readable)
	two=$(fastd --generate-key --machine-readable)
	for side in one two; do
		eval "echo \"secret \\\"\$$side\\\";\"" >"$work/key"
		eval "public_$side=\$(fastd -c $work/key --show-key \
			--machine-readable)"
	done
	# public_one and public_two are set by eval.
	# shellcheck disable=SC2154
	fastd_side "$a" ta "$one" "$public_two" $left $right "$1"
	# shellcheck disable=SC2154
	fastd_side "$b" tb "$two" "$public_one" $right $left "$1"
	address "$a" ta $here 1420 && address "$b" tb $there 1420
}

up_fastd_null() {
	fastd_by null
}

up_openvpn_gcm() {
	set -- --dev-type tun --proto udp --port 9000 --cipher AES-128-GCM \
		--data-ciphers AES-128-GCM --auth none --ca "$work/ca.pem" \
		--verb 1
	on "$b" openvpn "$@" --dev tb --ifconfig $there $here --tls-server \
		--dh none --cert "$work/server.pem" --key "$work/server.key"
	on "$a" openvpn "$@" --dev ta --ifconfig $here $there --tls-client \
		--remote $right --cert "$work/client.pem" \
		--key "$work/client.key"
}

tools='ip_udp ip_udp_single dtls dtls_single tls tls_single tcp tcp_single uott
	uott_single udptunnel quicktun fastd_null openvpn_gcm'

# here_is TOOL: are its programs here?
here_is() {
	case $1 in
	udptunnel) program=$udptunnel ;;
	quicktun) program=quicktun ;;
	fastd_*) program=fastd ;;
	openvpn_*) program=openvpn ;;
	*) program=$adit ;;
	esac
	[ -n "$program" ] && command -v "$program" >/dev/null
}

names=''
for tool in $tools; do
	case " ${only:-$tool} " in
	*" $tool "*) ;;
	*) continue ;;
	esac
	if here_is "$tool"; then
		names="$names $tool"
	elif [ $list = yes ] || [ -n "$only" ]; then
		say "$tool: not here"
	fi
done
if [ $list = yes ]; then
	# A list of words.
	# shellcheck disable=SC2086
	printf '%s\n' $names
	rm -rf "$work"
	exit 0
fi

pids=''
stop_tool() {
	for ns in "$a" "$b"; do
		# Numbers.
		# shellcheck disable=SC2046
		kill $(ip netns pids "$ns") 2>/dev/null
	done
	tries=0
	while [ -n "$(ip netns pids "$a")$(ip netns pids "$b")" ]; do
		tries=$((tries + 1))
		[ $tries -lt 30 ] || break
		sleep 0.1
	done
	for ns in "$a" "$b"; do
		# shellcheck disable=SC2046
		kill -9 $(ip netns pids "$ns") 2>/dev/null
	done
	# shellcheck disable=SC2086
	[ -z "$pids" ] || wait $pids 2>/dev/null
	pids=''
}

finish() {
	stop_tool
	ip netns delete "$a"
	ip netns delete "$b"
	rm -rf "$work"
}

for program in ip iperf3; do
	command -v $program >/dev/null || {
		say "tun.sh: $program is missing"
		exit 1
	}
done
trap finish 0
trap 'exit 1' 1 2 15
ip netns add "$a" && ip netns add "$b" || exit 1
ip -n "$a" link set lo up
ip -n "$b" link set lo up
ip -n "$a" link add eth0 type veth peer name eth0 netns "$b"
ip -n "$a" address add $left/24 dev eth0
ip -n "$b" address add $right/24 dev eth0
ip -n "$a" link set eth0 up
ip -n "$b" link set eth0 up
"$adit" gencert -d "$work" $right >/dev/null || exit 1

# ticks: clock ticks that the tunnel's processes have used.
ticks() {
	for pid in $tunnel_pids; do
		sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null
	done | awk '{ sum += $12 + $13 } END { print sum + 0 }'
}

# note TOOL MEASURE VALUE
note() {
	printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$work/results"
}

# measure TOOL
measure() {
	tries=0
	until ip netns exec "$a" ping -c 1 -W 1 $there >/dev/null 2>&1; do
		tries=$((tries + 1))
		if [ $tries -ge 8 ]; then
			say "  $1: no way through"
			sed 's/^/    /' "$work/log" >&2
			return
		fi
	done
	tunnel_pids="$(ip netns pids "$a") $(ip netns pids "$b")"
	ip netns exec "$b" iperf3 -s -B $there >/dev/null 2>&1 &
	ip netns exec "$b" "$adit" echo $there:7777 >/dev/null 2>&1 &
	sleep 0.3
	ip netns exec "$a" "$adit" ping --json -q -r 500 -t 1 -s 64 \
		$there:7777 >"$work/ping" 2>/dev/null
	rtt=$(sed -n 's/.*"p50": *\([0-9.]*\).*/\1/p' "$work/ping" |
		awk '{ ms = $1 } END { print int(1000 * ms) }')
	before=$(ticks)
	ip netns exec "$a" iperf3 -J -c $there -t "$seconds" \
		>"$work/iperf" 2>/dev/null
	after=$(ticks)
	mbit=$(awk '
	/"sum_received"/ { inside = 1 }
	inside && /"bits_per_second"/ {
		gsub(/[^0-9.e+]/, "", $2)
		printf "%d", $2 / 1000000
		exit
	}' "$work/iperf")
	note "$1" rtt "${rtt:-0}"
	note "$1" mbit "${mbit:-0}"
	note "$1" cpu "$(awk -v t=$((after - before)) -v m="${mbit:-0}" \
		-v s="$seconds" -v hz="$(getconf CLK_TCK)" 'BEGIN {
		printf "%d", (m > 0 ? 1000 * t / hz / (m * s / 8000) : 0) }')"
	say "  $1: ${rtt:-?} us, ${mbit:-?} Mbit/s"
}

round=1
while [ "$round" -le "$rounds" ]; do
	say "round $round of $rounds"
	for tool in $names; do
		: >"$work/log"
		keys=''
		[ "$tool" = "${tool%_single}" ] || keys=,offload=no
		if "up_${tool%_single}"; then
			measure "$tool"
		else
			say "  $tool does not start"; sed "s/^/    /" "$work/log" >&2
		fi
		stop_tool
	done
	round=$((round + 1))
done

awk -F '\t' '
function median(list,   n, i, j, t, v) {
	n = split(list, v, " ")
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) {
			t = v[j]; v[j] = v[j - 1]; v[j - 1] = t
		}
	return v[int((n + 1) / 2)]
}
!($1 in seen) { seen[$1] = 1; order[++n] = $1 }
{ all[$1, $2] = all[$1, $2] " " $3 }
END {
	printf "%-12s %8s %12s %16s\n", "tool", "RTT, us", "TCP, Mbit/s",
	    "CPU, ms per GB"
	for (i = 1; i <= n; i++)
		printf "%-12s %8d %12d %16d\n", order[i],
		    median(all[order[i], "rtt"]), median(all[order[i], "mbit"]),
		    median(all[order[i], "cpu"])
}' "$work/results"
