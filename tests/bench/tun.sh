#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Measures tunnels between two TUN devices, ours and the others that are found
# in PATH: tun.sh BUILD [OPTION]...; --help lists the options.  Needs root.
#
# NOTES.  There are two network namespaces joined by a veth pair, which are
# removed at the end; "veth" is that pair without a tunnel.  In each round the
# tools are started one after the other, so that other load on the machine
# affects all of them.  TCP is iperf3 with one stream, UDP a closed search
# (search.c) for the highest rate with a loss under 1 %, from a sender without
# UDP_SEGMENT (udp) and with it (uso).  The results are lines of ROUND, TOOL,
# MEASURE, VALUE; median.awk and search.awk make tables of them:
#
#	tun-tcp      Mbit/s; tun-retr: segments of a thousand that were sent
#	             again; tun-cpu: CPU time of the tunnel's processes on both
#	             sides for a gigabyte, s
#	tun-udp, tun-uso   Mbit/s of payload
#	tun-rtt50, tun-rtt99   round trips of `adit ping` at 500 a second, us
#	tun-voice99, tun-voice99-bulk   at 50 a second, alone and beside TCP at
#	             half of its highest rate, us
#	tcp-MTU      Mbit/s with that MTU (--mtus)

set -u
LC_ALL=C
export LC_ALL

usage() {
	cat <<'END'
usage: tun.sh BUILD [OPTION]...
  --only NAMES    these tools: --only "ip_udp quicktun"
  --skip NAMES    not these
  --measure NAMES of rtt tcp udp uso voice (default: "rtt tcp udp uso"; voice
                  needs tcp)
  --rounds N      default: 5
  --seconds N     of each iperf3 (default: 4)
  --bytes N       of a datagram of udp and uso (default: 1272)
  --mtus NUMBERS  TCP with each of these instead, of tools that take one
  --beside ADIT   a second program of ours, whose tools are named NAME@old
  --against NAME  the yardstick of the report (default: quicktun)
  --append        to the results that are there
  --out DIR       folder for the results (default: BUILD/bench-tun)
  --list          the tools, and which of them are here
  --help          this
UDPTUNNEL names the original udptunnel when it is not on PATH, WIREGUARD_GO
a wireguard-go of your own.
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
srcdir=$(cd "$(dirname "$0")/../.." && pwd)
shift

# shellcheck source=tests/bench/compile.sh
. "$srcdir/tests/bench/compile.sh"

command=$(words "$@")
only='' skip='' measures='rtt tcp udp uso' rounds=5 seconds=4 bytes=1272
mtus='' beside='' against=quicktun append=no out=$build/bench-tun list=no
while [ $# -gt 0 ]; do
	case $1 in
	--list | --append | --help | -h) ;;
	*)
		if [ $# -lt 2 ]; then
			echo "tun.sh: $1 wants a value, or is unknown" >&2
			exit 2
		fi
		;;
	esac
	case $1 in
	--only) only=$2 && shift ;;
	--skip) skip=$2 && shift ;;
	--measure) measures=$2 && shift ;;
	--rounds) rounds=$2 && shift ;;
	--seconds) seconds=$2 && shift ;;
	--bytes) bytes=$2 && shift ;;
	--mtus) mtus=$2 && shift ;;
	--beside) beside=$2 && shift ;;
	--against) against=$2 && shift ;;
	--append) append=yes ;;
	--out) out=$2 && shift ;;
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
wireguard_go=${WIREGUARD_GO-wireguard-go}
work=$(mktemp -d)
key=00112233445566778899aabbccddeeff
# The ends of the cable, and of the tunnel.
left=10.213.0.1 right=10.213.0.2
here=10.214.0.1 there=10.214.0.2
mtu=1420
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
	on "$b" "$program" tunnel --insecure "$1" \
		"tun:tb,addr=$there/24,mtu=$mtu$keys"
	sleep 0.3
	on "$a" "$program" tunnel "tun:ta,addr=$here/24,mtu=$mtu$keys" "$2"
}

# up_NAME: starts that tool on both sides, the tunnel's addresses set.
up_ip_udp() {
	on "$b" "$program" tunnel "tun:tb,addr=$there/24,mtu=$mtu$keys" \
		"ip-udp:$left:9000,local=$right:9000"
	on "$a" "$program" tunnel "tun:ta,addr=$here/24,mtu=$mtu$keys" \
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
	address "$a" ta $here "$mtu" && address "$b" tb $there "$mtu"
}

# fastd_side NAMESPACE DEVICE OWN-KEY PEER-KEY LOCAL REMOTE METHOD
fastd_side() {
	cat >"$work/$2.conf" <<END
mode tun; interface "$2"; method "$7"; mtu $mtu; log level warn;
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
	address "$a" ta $here "$mtu" && address "$b" tb $there "$mtu"
}

up_fastd_null() {
	fastd_by null
}

# openvpn_by SERVER-PROTOCOL CLIENT-PROTOCOL
openvpn_by() {
	listens=$1 dials=$2
	set -- --dev-type tun --port 9000 --cipher AES-128-GCM \
		--data-ciphers AES-128-GCM --auth none --ca "$work/ca.pem" \
		--verb 1 --tun-mtu "$mtu"
	on "$b" openvpn "$@" --dev tb --ifconfig $there $here --tls-server \
		--proto "$listens" --dh none --cert "$work/server.pem" \
		--key "$work/server.key"
	on "$a" openvpn "$@" --dev ta --ifconfig $here $there --tls-client \
		--proto "$dials" --remote $right --cert "$work/client.pem" \
		--key "$work/client.key"
}

up_openvpn_gcm() {
	openvpn_by udp udp
}

up_openvpn_tcp() {
	openvpn_by tcp-server tcp-client
}

up_wireguard_go() {
	for side in a b; do
		(umask 077 && wg genkey >"$work/wg-$side.key")
		wg pubkey <"$work/wg-$side.key" >"$work/wg-$side.pub"
		name=$a
		[ $side = a ] || name=$b
		on "$name" env WG_PROCESS_FOREGROUND=1 "$wireguard_go" t$side
	done
	address "$a" ta $here "$mtu" && address "$b" tb $there "$mtu" || return
	ip netns exec "$a" wg set ta listen-port 9000 \
		private-key "$work/wg-a.key" peer "$(cat "$work/wg-b.pub")" \
		allowed-ips 0.0.0.0/0 endpoint $right:9000 &&
		ip netns exec "$b" wg set tb listen-port 9000 \
			private-key "$work/wg-b.key" \
			peer "$(cat "$work/wg-a.pub")" \
			allowed-ips 0.0.0.0/0 endpoint $left:9000
}

# Nothing between.
up_veth() {
	:
}

ours='ip_udp ip_udp_single dtls dtls_single tls tls_single tcp tcp_single uott
	uott_single'
tools="veth $ours udptunnel quicktun fastd_null openvpn_gcm openvpn_tcp
	wireguard_go"
if [ -n "$beside" ]; then
	for tool in $ours; do
		tools="$tools $tool@old"
	done
fi

# here_is TOOL: are its programs here?
here_is() {
	case $1 in
	udptunnel) need=$udptunnel ;;
	quicktun) need=quicktun ;;
	fastd_*) need=fastd ;;
	openvpn_*) need=openvpn ;;
	wireguard_go) need="wg $wireguard_go" ;;
	*) need=$adit ;;
	esac
	[ -n "$need" ] || return
	for each in $need; do
		command -v "$each" >/dev/null || return
	done
}

names=''
for tool in $tools; do
	case " ${only:-$tool} " in
	*" $tool "*) ;;
	*) continue ;;
	esac
	case " $skip " in
	*" $tool "*) continue ;;
	esac
	if here_is "$tool"; then
		names="$names $tool"
	else
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
	printf '%s\t%s\t%s\t%s\n' "$round" "$1" "$2" "$3" >>"$results"
}

# wanted MEASURE
wanted() {
	case " $measures " in
	*" $1 "*) ;;
	*) return 1 ;;
	esac
}

# pings TOOL RATE SECONDS NAME: round trips; in microseconds.
pings() {
	ip netns exec "$a" "$adit" ping --json -q -r "$2" -t "$3" -s 64 \
		$goal:7777 >"$work/ping" 2>/dev/null
	for part in 50 99; do
		us=$(sed -n "s/.*\"p$part\": *\([0-9.]*\).*/\1/p" "$work/ping" |
			awk '{ print int(1000 * $1) }')
		[ -z "$us" ] || note "$1" "$4$part$5" "$us"
	done
	shown="$shown $4 ${us:-?} us,"
}

# number NAME PART: of what iperf3 wrote, behind the name of an object.
number() {
	awk -v part="\"$2\"" -v name="\"$1\"" '
	index($0, name) { inside = 1 }
	inside && index($0, part) {
		gsub(/[^0-9.e+]/, "", $2)
		printf "%.0f", $2
		exit
	}' "$work/iperf"
}

# streams TOOL MEASURE: one TCP stream; sets $mbit.
streams() {
	before=$(ticks)
	ip netns exec "$a" iperf3 -J -c $goal -t "$seconds" \
		>"$work/iperf" 2>/dev/null
	after=$(ticks)
	received=$(number sum_received bytes)
	mbit=$(($(number sum_received bits_per_second) / 1000000))
	[ "$mbit" -gt 0 ] || return
	note "$1" "$2" "$mbit"
	shown="$shown $mbit Mbit/s,"
	[ "$2" = tun-tcp ] || return
	note "$1" tun-cpu "$(awk -v t=$((after - before)) -v n="$received" \
		-v hz="$(getconf CLK_TCK)" 'BEGIN {
		printf "%.2f", t / hz / (n / 1e9) }')"
	# Of segments as they are on the wire.
	note "$1" tun-retr "$(awk -v n="$received" -v mss=$((mtu - 52)) \
		-v again="$(number sum_sent retransmits)" 'BEGIN {
		printf "%.2f", 1000 * again / (n / mss) }')"
}

# searches TOOL MEASURE OPTION...: UDP.
searches() {
	tool=$1 measure=$2
	shift 2
	ip netns exec "$a" "$own/bench" closed -s "$bytes" -t 250 \
		-H $goal -N "/run/netns/$b" "$@" \
		7001 7001 >"$work/answer" 2>>"$work/log" || return
	rate=$(sed -n 's/^rate //p' "$work/answer")
	note "$tool" "$measure" $((rate * bytes * 8 / 1000000))
	shown="$shown $measure $((rate * bytes * 8 / 1000000)),"
}

# measure TOOL
measure() {
	goal=$there shown=''
	[ "$1" != veth ] || goal=$right
	tries=0
	until ip netns exec "$a" ping -c 1 -W 1 $goal >/dev/null 2>&1; do
		tries=$((tries + 1))
		sleep 0.2
		if [ $tries -ge 50 ]; then
			say "  $1: no way through"
			sed 's/^/    /' "$work/log" >&2
			return
		fi
	done
	tunnel_pids="$(ip netns pids "$a") $(ip netns pids "$b")"
	ip netns exec "$b" iperf3 -s -B $goal >/dev/null 2>&1 &
	ip netns exec "$b" "$adit" echo $goal:7777 >/dev/null 2>&1 &
	for port in 5201 7777; do
		tries=0
		until ip netns exec "$b" ss -Hltun "sport = :$port" |
			grep -q .; do
			tries=$((tries + 1))
			[ $tries -lt 100 ] || break
			sleep 0.1
		done
	done
	if [ -n "$mtus" ]; then
		streams "$1" "tcp-$mtu"
		say "  $1, MTU $mtu:${shown%,}"
		return
	fi
	! wanted rtt || pings "$1" 500 1 tun-rtt ''
	! wanted tcp || streams "$1" tun-tcp
	! wanted udp || searches "$1" tun-udp
	! wanted uso || searches "$1" tun-uso -G
	if wanted voice && [ "${mbit:-0}" -gt 0 ]; then
		pings "$1" 50 $((seconds + 2)) tun-voice ''
		ip netns exec "$a" iperf3 -c $goal -t $((seconds + 3)) \
			-b $((mbit / 2))M >/dev/null 2>&1 &
		bulk=$!
		pings "$1" 50 $((seconds + 2)) tun-voice -bulk
		wait $bulk
	fi
	say "  $1:${shown%,}"
}

# start TOOL: starts it, measures, ends it.
start() {
	: >"$work/log"
	tool=${1%@old}
	keys='' program=$adit
	[ "$tool" = "$1" ] || program=$beside
	[ "$tool" = "${tool%_single}" ] || keys=,offload=no
	if "up_${tool%_single}"; then
		measure "$1"
	else
		say "  $1 does not start"
		sed "s/^/    /" "$work/log" >&2
	fi
	stop_tool
}

results=$out/results.tsv
report() {
	awk -f "$srcdir/tests/bench/median.awk" \
		-f "$srcdir/tests/bench/search.awk" -v against="$against" \
		"$results" | tee "$out/report.txt"
}

compile_bench
mkdir -p "$out"
round=1
if [ $append = yes ] && [ -s "$results" ]; then
	round=$(awk -F '\t' '/^[0-9]/ && $1 > most { most = $1 }
		END { print most + 1 }' "$results")
else
	: >"$results"
fi
# What was measured so far counts.
trap 'report; exit 1' 1 2 15
heading "tun.sh BUILD$command" >>"$results"
last=$((round + rounds - 1))
while [ "$round" -le "$last" ]; do
	say "round $round of $last"
	for name in $names; do
		for mtu in ${mtus:-1420}; do
			# The cable takes what the tunnel adds.
			wire=$((mtu > 1400 ? mtu + 80 : 1500))
			ip -n "$a" link set eth0 mtu $wire
			ip -n "$b" link set eth0 mtu $wire
			start "$name"
		done
	done
	round=$((round + 1))
done
report
