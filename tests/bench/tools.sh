#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# The tools that are measured, how they are started, and how our program is
# called for them.  run.sh and search.sh read this; they have set what is below,
# of which $beside is a second program of ours, whose tools are named NAME@old.

: "${build=}" "${srcdir=}" "${only=}" "${skip=}" "${port=}" "${round=}"
: "${list=}" "${results=}" "${beside=}" "${out=}" "${names=}"

# It needs compile.sh, too.
: "${own=}"

# Name, most flows, the programs that it needs, the server's command (none: one
# process is all), the client's; direct is the generator and its sink alone.
# In many-chain no side has a descriptor for a flow, in many-assoc the server has
# none and three clients share the flows; the sink of both is a server of uott.
# $listen is the client's UDP port, $server what joins the two, $target where
# datagrams go, $certs a folder of certificates, $adit and $own our programs.
table() {
	cat <<'END'
direct|64|||
relay1|64|||$own/relay $listen $target
gso1|64|||$own/relay --gso $listen $target
relay|64||$own/relay $server $target|$own/relay $listen $server
gso|64||$own/relay --gso $server $target|$own/relay --gso $listen $server
udp-udp|64||$adit tunnel udp-listen:127.0.0.1:$server udp:127.0.0.1:$target|$adit tunnel udp-listen:127.0.0.1:$listen udp:127.0.0.1:$server
tcp|64||$adit uotp-server --no-tls -a 127.0.0.1 -p $server 127.0.0.1 $target|$adit uotp-client --no-tls -p $listen 127.0.0.1 $server
tls|64||$adit uotp-server -c $certs/server.pem -k $certs/server.key -a 127.0.0.1 -p $server 127.0.0.1 $target|$adit uotp-client -C $certs/ca.pem -p $listen 127.0.0.1 $server
uotp-tcp|64|$uotp_server $uotp_client|$uotp_server --no-tls -a 127.0.0.1 -p $server 127.0.0.1 $target|$uotp_client --no-tls -p $listen 127.0.0.1 $server
uotp-tls|64|$uotp_server $uotp_client|$uotp_server -c $certs/server.pem -k $certs/server.key -a 127.0.0.1 -p $server 127.0.0.1 $target|$uotp_client -C $certs/ca.pem -p $listen 127.0.0.1 $server
udp2tcp|1|tcp2udp udp2tcp|tcp2udp --tcp-listen 127.0.0.1:$server --udp-forward 127.0.0.1:$target|udp2tcp --udp-listen 127.0.0.1:$listen --tcp-forward 127.0.0.1:$server
socat-dtls|1|socat|socat OPENSSL-DTLS-SERVER:$server,bind=127.0.0.1,fork,cert=$certs/server.pem,key=$certs/server.key,verify=0 UDP4:127.0.0.1:$target|socat UDP4-LISTEN:$listen,bind=127.0.0.1,fork OPENSSL-DTLS-CLIENT:127.0.0.1:$server,cafile=$certs/ca.pem
dtls|64||$adit dtlspipe -psk 00112233445566778899aabbccddeeff -rate-limit= server 127.0.0.1:$server 127.0.0.1:$target|$adit dtlspipe -psk 00112233445566778899aabbccddeeff -rate-limit= client 127.0.0.1:$listen 127.0.0.1:$server
dtls-cbc|64||$adit dtlspipe -psk 00112233445566778899aabbccddeeff -rate-limit= -ciphers TLS-ECDHE-PSK-WITH-AES-128-CBC-SHA256 server 127.0.0.1:$server 127.0.0.1:$target|$adit dtlspipe -psk 00112233445566778899aabbccddeeff -rate-limit= -ciphers TLS-ECDHE-PSK-WITH-AES-128-CBC-SHA256 client 127.0.0.1:$listen 127.0.0.1:$server
dtlspipe|64|$dtlspipe|$dtlspipe -psk 00112233445566778899aabbccddeeff -rate-limit= server 127.0.0.1:$server 127.0.0.1:$target|$dtlspipe -psk 00112233445566778899aabbccddeeff -rate-limit= client 127.0.0.1:$listen 127.0.0.1:$server
dtlspipe-gcm|64|$dtlspipe|$dtlspipe -psk 00112233445566778899aabbccddeeff -rate-limit= -ciphers TLS_PSK_WITH_AES_128_GCM_SHA256 server 127.0.0.1:$server 127.0.0.1:$target|$dtlspipe -psk 00112233445566778899aabbccddeeff -rate-limit= -ciphers TLS_PSK_WITH_AES_128_GCM_SHA256 client 127.0.0.1:$listen 127.0.0.1:$server
uott|64||$adit uott proxy 127.0.0.1:$server 127.0.0.1:$target|$adit uott client 127.0.0.1:$listen 127.0.0.1:$server
uott-py|64|$uott|$uott proxy 127.0.0.1:$server 127.0.0.1:$target|$uott client 127.0.0.1:$listen 127.0.0.1:$server
many-udp|100000|||$adit tunnel --idle 0 --max-flows 100000 udp-listen:127.0.0.1:$listen udp:127.0.0.1:$target
many-uott|100000||$adit tunnel --idle 0 --max-flows 100000 uott-listen:127.0.0.1:$server udp:127.0.0.1:$target|$adit tunnel --idle 0 --max-flows 100000 udp-listen:127.0.0.1:$listen uott:127.0.0.1:$server
many-dtls|100000||$adit tunnel --idle 0 --max-flows 100000 dtls-listen:127.0.0.1:$server,psk=00112233445566778899aabbccddeeff udp:127.0.0.1:$target|$adit tunnel --idle 0 --max-flows 100000 udp-listen:127.0.0.1:$listen dtls:127.0.0.1:$server,psk=00112233445566778899aabbccddeeff
many-tls|100000||$adit tunnel --idle 0 --max-flows 100000 tls-listen:127.0.0.1:$server,cert=$certs/server.pem,key=$certs/server.key udp:127.0.0.1:$target|$adit tunnel --idle 0 --max-flows 100000 udp-listen:127.0.0.1:$listen tls:127.0.0.1:$server,cafile=$certs/ca.pem,pool=1
many-chain|100000||$adit tunnel --idle 0 --max-flows 100000 uott-listen:127.0.0.1:$server uott:127.0.0.1:$target|$adit tunnel --idle 0 --max-flows 100000 udp-listen:127.0.0.1:$listen uott:127.0.0.1:$server
many-assoc|100000||$adit tunnel --idle 0 --max-flows 100000 dtls-listen:127.0.0.1:$server,$psk uott:127.0.0.1:$target|sh -c "for n in 3 2; do $adit tunnel --idle 0 --max-flows 100000 udp-listen:127.0.0.\$n:$listen dtls:127.0.0.1:$server,$psk & done; exec $adit tunnel --idle 0 --max-flows 100000 udp-listen:127.0.0.1:$listen dtls:127.0.0.1:$server,$psk"
END
}

# tools: the lines of the table, those of the second program as well, and a
# second one of each many-NAME, none-NAME.
tools() {
	table
	table | sed -n 's/^many-/none-/p'
	# The shell that expands the table takes care of the names.
	# shellcheck disable=SC2016
	[ -z "$beside" ] || table | sed -n \
		'/\$adit/ { s/^[^|]*/&@old/; s/\$adit/$beside/g; p; }'
}

# foreign COMMAND: prints it when it is there and is not ours.
foreign() {
	if command -v "$1" >/dev/null &&
		! "$1" --version 2>&1 </dev/null | grep -qi adit; then
		printf '%s' "$1"
	fi
}

# What the commands in the table use.
adit=$build/adit
work=$(mktemp -d)
certs=$work/certs
target=$port
# shellcheck disable=SC2034
uotp_server=${ORIGINAL_UOTP_SERVER-$(foreign uotp-server)}
# shellcheck disable=SC2034
uotp_client=${ORIGINAL_UOTP_CLIENT-$(foreign uotp-client)}
# shellcheck disable=SC2034
dtlspipe=${DTLSPIPE-$(foreign dtlspipe)}
# shellcheck disable=SC2034
uott=${UOTT-$(foreign uott)}

# shellcheck disable=SC2034
psk=psk=00112233445566778899aabbccddeeff,ciphers=TLS_PSK_WITH_AES_128_GCM_SHA256

pids=''
finish() {
	stop_tools
	rm -rf "$work"
}

# family PID: it and its descendants.
family() {
	printf '%s\n' "$1"
	for child in $(ps -A -o ppid= -o pid= |
		awk -v parent="$1" '$1 == parent { print $2 }'); do
		family "$child"
	done
}

# stop_tools: ends what start_tool started.
stop_tools() {
	all=$(for pid in $pids; do family "$pid"; done)
	# Numbers, one by one.
	# shellcheck disable=SC2086
	[ -z "$all" ] || kill $all 2>/dev/null
	for pid in $pids; do
		(
			sleep 3
			kill -9 "$pid"
		) >/dev/null 2>&1 &
		killer=$!
		wait "$pid" 2>/dev/null
		kill "$killer" 2>/dev/null
		wait "$killer" 2>/dev/null
	done
	pids=''
}

say() {
	printf '%s\n' "$*" >&2
}

# row NAME: its line of the table.
row() {
	tools | awk -F '|' -v name="$1" '$1 == name'
}

# field NAME NUMBER: of its line; words are expanded.
field() {
	row "$1" | cut -d '|' -f "$2"
}

# here NAME: is all there that it needs?
here() {
	need=$(field "$1" 3)
	[ -n "$need" ] || return 0
	eval "set -- $need"
	[ $# -gt 0 ] || return 1
	for program; do
		command -v "$program" >/dev/null || return 1
	done
}

# chosen: the names that are to be measured; those for very many flows,
# and none at all, only when they are asked for.
chosen() {
	for name in $(tools | cut -d '|' -f 1); do
		case $name:$only in
		direct: | many-*: | none-*:) continue ;;
		esac
		case " ${only:-$name} " in
		*" $name "*) ;;
		*) continue ;;
		esac
		case " $skip " in
		*" $name "*) continue ;;
		esac
		if here "$name"; then
			echo "$name"
		elif [ "$list" = yes ] || [ -n "$only" ]; then
			say "$name: not here"
		fi
	done
}

# number NAME: its place in the table, from 1.
number() {
	tools | awk -F '|' -v name="$1" '$1 == name { print NR }'
}

# ports NAME: sets $listen and $server, which change with the round, since a
# port may be busy for a while.
ports() {
	listen=$((port + 2 * $(number "$1") + 100 * (round % 8)))
	server=$((listen + 1))
	[ "$1" != direct ] || listen=$target
}

# start NAME SIDE COMMAND: sets $pid.
start() {
	eval "exec $3" >"$work/$1-$2.log" 2>&1 </dev/null &
	pid=$!
	pids="$pids $pid"
}

# start_tool NAME: both sides; $work/NAME.pids has their numbers.
start_tool() {
	ports "$1"
	server_pid=''
	if [ "$1" = direct ]; then
		printf '%s' $$ >"$work/direct.pids"
		return
	fi
	if [ -n "$(field "$1" 4)" ]; then
		start "$1" server "$(field "$1" 4)"
		server_pid=$pid,
		"$own/bench" ready -t 5000 "$server" "$server" || return 1
	fi
	start "$1" client "$(field "$1" 5)"
	printf '%s' "$server_pid$pid" >"$work/$1.pids"
	"$own/bench" ready -t 5000 "$listen" "$listen"
}

# start_tools: those of $names; sets up to those that started.
start_tools() {
	up=''
	for tool in $names; do
		if start_tool "$tool"; then
			up="$up $tool"
		else
			say "  $tool does not start:"
			sed 's/^/    /' "$work/$tool"-*.log >&2
		fi
	done
}

# bench NAME COMMAND OPTION...: of our program, for that tool.
bench() {
	name=$1
	command=$2
	shift 2
	ports "$name"
	# As it is written in the table.
	# shellcheck disable=SC2016
	case $(row "$name") in
	*' uott:127.0.0.1:$target'*) set -- -U "$@" ;;
	esac
	"$own/bench" "$command" -P $((port + 1000)) \
		-p "$(cat "$work/$name.pids")" "$@" "$listen" "$target"
}

# note NAME [OLD NEW]...: puts the values that are read into the results,
# under those names.
note() {
	tool=$1
	shift
	awk -v round="$round" -v tool="$tool" -v names="$*" '
	BEGIN {
		n = split(names, name, " ")
		for (i = 1; i < n; i += 2)
			as[name[i]] = name[i + 1]
		OFS = "\t"
	}
	$1 in as { print round, tool, as[$1], $2 }
	n == 0 { print round, tool, $1, $2 }' >>"$results"
}

# value NAME MEASURE: the newest.
value() {
	awk -F '\t' -v tool="$1" -v measure="$2" '
	$2 == tool && $3 == measure { value = $4 }
	END { print value + 0 }' "$results"
}

# prepare: compiles what is needed, makes certificates.
prepare() {
	# Each flow of a tool may take ten descriptors.
	# shellcheck disable=SC3045
	ulimit -n "$(ulimit -H -n)" 2>/dev/null

	if ! "$adit" --version >/dev/null; then
		echo "bench: $adit does not run: make it first" >&2
		exit 1
	fi
	compile_bench
	compile relay relay batch
	mkdir -p "$out"
	"$adit" gencert -d "$certs" localhost 127.0.0.1 >/dev/null || exit 1
}
