#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# The second method: the tools of tools.sh by a closed search; run.sh --search
# calls this.
#
# NOTES.  The generator sends what is due each 100 microseconds, without GSO;
# with several flows each datagram goes out on a flow that is drawn, so that
# runs of one flow are as short as they can be.  The highest rate is one that
# loses less than 1 % of the datagrams, of which the last arrives at most 150 ms
# after it was sent, and beside which one that is 5 % higher loses more.  All
# tools run at the same time and are measured in turn, so that other load on the
# machine affects all of them; ratios are those within a round.  The yardsticks
# are relays that do nothing else, in one process (relay1, gso1) or two (relay,
# gso); those with gso send and receive runs of datagrams as one.  Results are
# lines of ROUND, TOOL, MEASURE, VALUE, which can be joined:
#
#	rate-BYTES-FLOWS   datagrams a second, one way; lat50-..., lat99-...:
#	                   their latency, microseconds
#	cpu-BYTES-FLOWS    of all processes of the tool for a datagram, at 8/10
#	                   of that rate; microseconds
#	rtt5000, rtt9900   round trip, in ten-thousandths; microseconds.  These
#	                   have more rounds, N.1, N.2
#	first-new, first   first echo of a flow, of a client just started and
#	                   later; microseconds
#	mem-FLOWS          of all processes, what is shared counted in parts; kB
#	idle-rate          datagrams a second of one flow, many-NAME beside idle
#	                   ones, none-NAME without; idle-share: the ratio, N.1...
#	idle-cpu           CPU for a datagram at 20,000 a second then, us
#	idle-steps         CPU for a datagram of 64 flows, ns; N.1, N.2...;
#	                   idle-steps-share: many of none
#	idle-bytes-client, idle-bytes-server   of memory for an idle flow
#	voice99, voice99-bulk   one-way latency of flows of voice, alone and
#	                   beside half of the highest rate; voice50...: medians

set -u
LC_ALL=C
export LC_ALL

usage() {
	cat <<'END'
usage: run.sh [BUILD SRCDIR] --search [OPTION]...
       without the two: in a build folder
  --only NAMES    these tools (default: all that are here; run.sh . .. --list)
  --skip NAMES    not these
  --flows NUMBERS "1 64" by default
  --bytes NUMBERS of a datagram; 512 by default
  --measure NAMES of rate cpu rtt first memory voice idle idle-steps (default:
                  "rate cpu rtt"; cpu and voice need the rate).  idle-steps is
                  the part of idle that bears other load.  For these there are
                  the tools many-udp, many-uott, many-dtls and many-tls, and for
                  more flows than a process may have descriptors many-chain and
                  many-assoc
  --idle N        idle flows (default: 16000; each takes a descriptor or two,
                  but with the last two)
  --many NUMBERS  flows whose memory is measured (default: "0 1 64 1000")
  --rounds N      default: 5
  --probe N       milliseconds for which a rate is tried (default: 250)
  --pairs N       default: 9; so many round trips are measured in all rounds
                  together, so many pairs of idle-steps and a third of that of
                  the rest of idle in each round
  --beside ADIT   a second program of ours, whose tools are named NAME@old
  --against NAME  the yardstick (default: gso, else the first tool)
  --append        to the results that are there
  --report        only the report of what is there
  --out DIR       folder for the results (default: BUILD/bench-search)
  --port N        first of the ports that are used (default: 23000)
For example, the program that is here against that of another folder:
  run.sh --search --flows 64 --only "relay gso tls" --beside /tmp/old/adit
END
}

build='' srcdir=''
case ${1-} in
--* | '') ;;
*)
	build=$1 srcdir=${2-}
	[ $# -lt 2 ] || shift
	shift
	;;
esac
build=$(cd "${build:-.}" && pwd) || exit 2
srcdir=$(cd "${srcdir:-$(dirname "$0")/../..}" && pwd) || exit 2

# shellcheck source=tests/bench/compile.sh
. "$srcdir/tests/bench/compile.sh"
command=$(words "$@")

only='' skip='' flows='1 64' sizes=512 measures='rate cpu rtt' rounds=5
many='0 1 64 1000' probe=250 pairs=9 idle=16000 beside='' against=gso append=no
report_only=no out=$build/bench-search port=23000
while [ $# -gt 0 ]; do
	case $1 in
	--search | --append | --report | --help | -h) ;;
	*)
		if [ $# -lt 2 ]; then
			echo "search.sh: $1 wants a value, or is unknown" >&2
			exit 2
		fi
		;;
	esac
	case $1 in
	--search) ;;
	--append) append=yes ;;
	--report) report_only=yes ;;
	--only) only=$2 && shift ;;
	--skip) skip=$2 && shift ;;
	--flows) flows=$2 && shift ;;
	--bytes) sizes=$2 && shift ;;
	--measure) measures=$2 && shift ;;
	--idle) idle=$2 && shift ;;
	--many) many=$2 && shift ;;
	--rounds) rounds=$2 && shift ;;
	--probe) probe=$2 && shift ;;
	--pairs) pairs=$2 && shift ;;
	--beside) beside=$2 && shift ;;
	--against) against=$2 && shift ;;
	--out) out=$2 && shift ;;
	--port) port=$2 && shift ;;
	--help | -h)
		usage
		exit 0
		;;
	*)
		echo "search.sh: $1: unknown; --help has the options" >&2
		exit 2
		;;
	esac
	shift
done
if [ ! -f "$build/config.h" ] || [ ! -f "$srcdir/configure" ]; then
	usage >&2
	exit 2
fi
# What tools.sh uses.
# shellcheck disable=SC2034
list=no

# shellcheck source=tests/bench/tools.sh
. "$srcdir/tests/bench/tools.sh"

# wanted MEASURE
wanted() {
	case " $measures " in
	*" $1 "*) ;;
	*) return 1 ;;
	esac
}

# rates BYTES FLOWS: the highest rate of all tools, and what it costs.
rates() {
	before=0
	line="  $1 bytes, $2 flows:"
	for tool in $up; do
		[ "$2" -le "$(field "$tool" 2)" ] || continue
		# What it was, or what the tool before it did.
		hint=$(value "$tool" "rate-$1-$2")
		[ "$hint" != 0 ] || hint=$before
		bench "$tool" closed -s "$1" -f "$2" -t "$probe" -g "$hint" \
			>"$work/answer" || continue
		! grep -q '^rate 0$' "$work/answer" || continue
		note "$tool" rate "rate-$1-$2" latency50 "lat50-$1-$2" \
			latency99 "lat99-$1-$2" <"$work/answer"
		before=$(value "$tool" "rate-$1-$2")
		line="$line $tool $before"
		wanted cpu || continue
		bench "$tool" load -S -s "$1" -f "$2" -t 800 \
			-r $((before * 8 / 10)) |
			note "$tool" cpu "cpu-$1-$2"
	done
	say "$line"
}

# round_trips: of all tools, several times in turn.
round_trips() {
	whole=$round
	pair=1
	while [ "$pair" -le $(((pairs + rounds - 1) / rounds)) ]; do
		line='  round trip:'
		for tool in $up; do
			round=$whole
			bench "$tool" rtt -s 64 -t 250 >"$work/answer"
			round=$whole.$pair
			note "$tool" <"$work/answer"
			line="$line $tool $(value "$tool" rtt5000)"
		done
		say "$line us"
		pair=$((pair + 1))
	done
	round=$whole
}

# voices: alone, and beside half of the highest rate.
voices() {
	line='  voice, 99 %:'
	for tool in $up; do
		[ "$(field "$tool" 2)" -gt 10 ] || continue
		bench "$tool" voice -f 11 -t 3000 -r 0 |
			note "$tool" voice50 voice50 voice99 voice99
		line="$line $tool $(value "$tool" voice99)"
		half=$(($(value "$tool" rate-512-1) / 2))
		[ "$half" -gt 0 ] || continue
		bench "$tool" voice -f 11 -t 3000 -r $half |
			note "$tool" voice50 voice50-bulk voice99 voice99-bulk
		line="$line/$(value "$tool" voice99-bulk)"
	done
	say "$line us"
}

# memories: with so many flows; the tools know fewer at this time.
memories() {
	line='  memory:'
	for tool in $up; do
		line="$line $tool"
		for count in $many; do
			[ "$count" -le "$(field "$tool" 2)" ] ||
				[ "$(field "$tool" 2)" -gt 1 ] || continue
			[ "$count" = 0 ] ||
				bench "$tool" open -f "$count" || continue
			bench "$tool" memory | note "$tool" pss "mem-$count"
			line="$line $(value "$tool" "mem-$count")"
		done
	done
	say "$line kB"
}

# each_pss NAME: of each of its processes, the client's last.
each_pss() {
	tr ',' '\n' <"$work/$1.pids" | while read -r part || [ -n "$part" ]; do
		"$own/bench" memory -p "$part" 1 1
	done | awk '/^pss/ { print ++n, $2 }'
}

# open_idle NAME: as many flows that are idle from then on; several clients have
# an address each.
open_idle() {
	case $1 in
	*-assoc) hosts='127.0.0.1 127.0.0.2 127.0.0.3' each=$((idle / 3)) ;;
	*) hosts=127.0.0.1 each=$idle ;;
	esac
	for host in $hosts; do
		bench "$1" idle -H "$host" -n "$each" || return 1
	done
}

# note_in ROUND NAME [OLD NEW]...: as note, of a part of the round.
note_in() {
	whole=$round
	round=$1
	shift
	note "$@"
	round=$whole
}

# idle_share ROUND NAME MEASURE A B: A divided by B.
idle_share() {
	printf '%s\tmany-%s\t%s\t%s\n' "$1" "$2" "$3" "$(awk -v a="$4" \
		-v b="$5" 'BEGIN { print (b > 0 ? a / b : 0) }')" >>"$results"
}

# idle_pair NAME ROUND: one flow beside idle ones, and without them.
idle_pair() {
	for other in none many; do
		bench "$other-$1" closed -t "$probe" \
			-g "$(value "$other-$1" idle-rate)" >"$work/answer"
		note "$other-$1" rate idle-rate <"$work/answer"
	done
	idle_share "$2" "$1" idle-share "$(value "many-$1" idle-rate)" \
		"$(value "none-$1" idle-rate)"
	for other in none many; do
		bench "$other-$1" load -S -r 20000 -t 1000 >"$work/answer"
		note_in "$2" "$other-$1" cpu idle-cpu <"$work/answer"
	done
	say "  $tool: $(value "none-$1" idle-rate)" \
		"$(value "many-$1" idle-rate);" \
		"$(value "none-$1" idle-cpu) $(value "many-$1" idle-cpu) us"
}

# idle_steps NAME ROUND: CPU time of a datagram of 64 flows, beside idle ones
# and without them, in short runs that alternate, so that other load meets both.
idle_steps() {
	turn=0
	while [ "$turn" -lt "$pairs" ]; do
		turn=$((turn + 1))
		for other in none many; do
			bench "$other-$1" steps -f 64 -b 64 -n 150 \
				>"$work/answer" || return
			note_in "$2.$turn" "$other-$1" run_ns idle-steps \
				<"$work/answer"
		done
		idle_share "$2.$turn" "$1" idle-steps-share \
			"$(value "many-$1" idle-steps)" \
			"$(value "none-$1" idle-steps)"
		say "  $tool: $(value "none-$1" idle-steps)" \
			"$(value "many-$1" idle-steps) ns"
	done
}

# idles: what flows that are idle take, and what they cost one that is not.
idles() {
	for tool in $up; do
		[ "$tool" != "${tool#many-}" ] || continue
		each_pss "$tool" >"$work/before"
		open_idle "$tool" >"$work/opened" || continue
		each_pss "$tool" >"$work/after"
		# Of several clients one is seen, which has a part of the flows.
		join "$work/before" "$work/after" | awk -v n="$idle" \
			-v part="${tool##*-}" '
		{ bytes[NR] = ($3 - $2) * 1024 / n }
		END {
			if (part != "assoc")
				print "client", int(bytes[NR])
			if (NR > 1)
				print "server", int(bytes[NR - 1])
		}' >"$work/bytes"
		say "  $tool: $idle idle flows," \
			"$(tr '\n' ' ' <"$work/bytes")bytes"
		note "$tool" client idle-bytes-client \
			server idle-bytes-server <"$work/bytes"
		pair=0
		while wanted idle && [ "$pair" -lt $(((pairs + 2) / 3)) ]; do
			pair=$((pair + 1))
			idle_pair "${tool#many-}" "$round.$pair"
		done
		idle_steps "${tool#many-}" "$round"
	done
}

# firsts: of a client that was just started, then of new flows.
firsts() {
	line='  first echo:'
	for tool in $up; do
		bench "$tool" first -n 1 | note "$tool" first first-new
		bench "$tool" first -n 9 | note "$tool" first first
		line="$line $tool $(value "$tool" first)"
	done
	say "$line us"
}

one_round() {
	start_tools
	say "round $round:$up"
	! wanted first || firsts
	! wanted memory || memories
	! wanted rtt || round_trips
	if wanted rate; then
		for count in $flows; do
			for size in $sizes; do
				rates "$size" "$count"
			done
		done
	fi
	! wanted voice || voices
	if wanted idle || wanted idle-steps; then
		idles
	fi
	stop_tools
}

results=$out/results.tsv
report() {
	awk -f "$srcdir/tests/bench/median.awk" \
		-f "$srcdir/tests/bench/search.awk" -v against="$against" \
		"$results" | tee "$out/report.txt"
}

if [ $report_only = yes ]; then
	rm -rf "$work"
	report
	exit 0
fi
trap finish 0
# What was measured so far counts.
trap 'report; exit 1' 1 2 15
prepare
# Each tool that gets idle flows has one beside it that gets none.
for tool in $only; do
	[ "$tool" = "${tool#many-}" ] ||
		only="$only none-${tool#many-}"
done
names=$(chosen)
if [ -z "$names" ]; then
	echo 'search.sh: none of these tools is here' >&2
	exit 2
fi
first=1
if [ $append = yes ] && [ -s "$results" ]; then
	first=$(awk -F '\t' '/^[0-9]/ && int($1) > most { most = int($1) }
		END { print most + 1 }' "$results")
else
	: >"$results"
fi
heading "run.sh$command" >>"$results"
round=$first
while [ "$round" -lt $((first + rounds)) ]; do
	one_round
	round=$((round + 1))
done
report
say "results.tsv and report.txt are in $out"
