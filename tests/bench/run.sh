#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Measures our tunnels, a bare relay, and the other tools that are found in
# PATH: run.sh BUILD SRCDIR [OPTION]..., or `make bench`; --help lists the
# options.
#
# NOTES.  All tools run at the same time and are measured in turn, cell by cell,
# so that other load on the machine affects all of them; a ratio is the median
# of the ratios within a round.  Each round starts them again and measures the
# first echo of a new client, memory, then the rest.  bench.c describes how a
# rate is found.  The results are in lines of ROUND, TOOL, MEASURE, VALUE:
#
#	rate-BYTES-FLOWS   datagrams a second, one way
#	latency99-...      of the probe that found it, microseconds, one way
#	rtt5000, rtt9900   round trip, in ten-thousandths; microseconds
#	first-new, first   first echo of a flow, of a client just started and
#	                   later; microseconds
#	cpu-512-1          of all processes of the tool, for a datagram of 512
#	                   bytes at 8/10 of its rate; microseconds
#	rss-idle, rss-used of all processes, before and after; kB (pss-...:
#	                   what is shared is counted in parts)
#	probe50, probe99   latency at twice the rate; microseconds

set -u
LC_ALL=C
export LC_ALL

# What must hold: tool, measure, at least or at most, factor, the tool and the
# measure that it is a factor of; "-": the factor is the bar itself.
bars() {
	cat <<'END'
tls rate-512-1 >= 5 uotp-tls rate-512-1
tls rate-1400-1 >= 5 uotp-tls rate-1400-1
tls rate-512-1 >= 1.2 relay rate-512-1
tls rate-1400-1 >= 1.2 relay rate-1400-1
tls rate-512-64 >= 4 uotp-tls rate-512-64
tls rate-1400-64 >= 4 uotp-tls rate-1400-64
tls rate-512-64 >= 0.8 relay rate-512-64
tls rate-1400-64 >= 0.8 relay rate-1400-64
tcp rate-512-1 >= 5 uotp-tcp rate-512-1
tcp rate-1400-1 >= 5 uotp-tcp rate-1400-1
tcp rate-512-1 >= 1.3 relay rate-512-1
tcp rate-1400-1 >= 1.3 relay rate-1400-1
tls cpu-512-1 <= 0.25 uotp-tls cpu-512-1
tcp cpu-512-1 <= 0.25 uotp-tcp cpu-512-1
tls rtt5000 <= 1.5 relay rtt5000
tcp rtt5000 <= 1.5 relay rtt5000
tls first-new <= 0.5 uotp-tls first
tls first <= 0.2 uotp-tls first
tls rss-idle <= 0.2 uotp-tls rss-idle
tls rss-used <= 0.2 uotp-tls rss-used
tcp rss-idle <= 0.2 uotp-tcp rss-idle
tls probe99 <= 60000 - -
tcp probe99 <= 60000 - -
dtls rate-512-1 >= 4 dtlspipe rate-512-1
dtls rate-1400-1 >= 4 dtlspipe rate-1400-1
dtls rate-512-64 >= 4 dtlspipe rate-512-64
dtls rate-1400-64 >= 4 dtlspipe rate-1400-64
dtls rate-512-1 >= 1.1 relay rate-512-1
dtls rate-1400-1 >= 1.1 relay rate-1400-1
dtls rate-512-64 >= 0.8 relay rate-512-64
dtls rate-1400-64 >= 0.8 relay rate-1400-64
dtls rate-512-1 >= 2 socat-dtls rate-512-1
dtls rate-1400-1 >= 2 socat-dtls rate-1400-1
dtls-cbc rate-512-1 >= 2 dtlspipe rate-512-1
dtls-cbc rate-1400-1 >= 2 dtlspipe rate-1400-1
uott rate-512-1 >= 1.8 uott-py rate-512-1
uott rate-512-64 >= 1.8 uott-py rate-512-64
dtls cpu-512-1 <= 0.25 dtlspipe cpu-512-1
dtls first <= 0.8 dtlspipe first
dtls pss-used <= 0.25 dtlspipe pss-used
END
}

usage() {
	cat <<'END'
usage: run.sh BUILD SRCDIR [OPTION]...
       run.sh [BUILD SRCDIR] --search [OPTION]...   by a second method;
                  run.sh --search --help has its options
  --only NAMES    these tools, and those that they are compared with are not
                  added: --only "tls relay"
  --skip NAMES    not these
  --rounds N      default: 5
  --quick         one round, in under 2 minutes
  --seconds N     about how long it may take (default: 780)
  --burst N       datagrams of a flow in a row (default: 32 with one flow, 8
                  with many)
  --out DIR       folder for the results (default: BUILD/bench)
  --port N        first of the ports that are used (default: 23000)
  --list          the tools, and which of them are here
  --help          this
The original uotp is compared with when ORIGINAL_UOTP_SERVER and
ORIGINAL_UOTP_CLIENT name it, or uotp-server and uotp-client on PATH are not
ours; DTLSPIPE and UOTT name others that are not on PATH.
END
}

# Where we are, before any option.
case ${1-} in
--help | -h)
	usage
	exit 0
	;;
esac
# The second method has a script of its own, with its own options.
case ${1-}:${3-} in
--search:* | *:--search)
	exec sh "$(dirname "$0")/search.sh" "$@"
	;;
esac
if [ $# -lt 2 ] || [ ! -f "$1/config.h" ] || [ ! -f "$2/configure" ]; then
	usage >&2
	exit 2
fi
build=$(cd "$1" && pwd)
srcdir=$(cd "$2" && pwd)
shift 2
# shellcheck source=tests/bench/compile.sh
. "$srcdir/tests/bench/compile.sh"
command=$(words "$@")

only='' skip='' rounds='' seconds='' burst='' out=$build/bench port=23000
list=no
while [ $# -gt 0 ]; do
	case $1 in
	--only | --skip | --rounds | --seconds | --burst | --out | --port)
		if [ $# -lt 2 ]; then
			echo "run.sh: $1 wants a value" >&2
			exit 2
		fi
		;;
	esac
	case $1 in
	--only) only=$2 && shift ;;
	--skip) skip=$2 && shift ;;
	--rounds) rounds=$2 && shift ;;
	--seconds) seconds=$2 && shift ;;
	--burst) burst="-b $2" && shift ;;
	--out) out=$2 && shift ;;
	--port) port=$2 && shift ;;
	--quick) rounds=${rounds:-1} seconds=${seconds:-75} ;;
	--list) list=yes ;;
	--help | -h)
		usage
		exit 0
		;;
	*)
		echo "run.sh: $1: unknown; --help has the options" >&2
		exit 2
		;;
	esac
	shift
done
rounds=${rounds:-5}
seconds=${seconds:-780}
# The yardsticks of the second method.
[ -n "$only" ] || skip="$skip relay1 gso1"
# shellcheck disable=SC2034
beside=''

# shellcheck source=tests/bench/tools.sh
. "$srcdir/tests/bench/tools.sh"

# cell BYTES FLOWS: all tools, one after the other.
cell() {
	line="  $1 bytes, $2 flows:"
	for tool in $up; do
		[ "$2" -le "$(field "$tool" 2)" ] || continue
		hint=$(value "$tool" "rate-$1-$2")
		[ "$hint" != 0 ] || hint=$(value "$tool" rate-512-1)
		# A list of words.
		# shellcheck disable=SC2086
		bench "$tool" search -s "$1" -f "$2" -t "$cell_ms" $burst \
			-g "$hint" >"$work/answer" || continue
		# Nothing was found: the cell is left out.
		! grep -q '^rate 0$' "$work/answer" || continue
		note "$tool" rate "rate-$1-$2" latency50 "latency50-$1-$2" \
			latency99 "latency99-$1-$2" <"$work/answer"
		line="$line $tool $(value "$tool" "rate-$1-$2")"
	done
	say "$line"
}

# one_round: everything once.
one_round() {
	start_tools
	say "round $round of $rounds:$up"
	for tool in $up; do
		bench "$tool" memory | note "$tool" rss rss-idle pss pss-idle
		bench "$tool" first -n 1 | note "$tool" first first-new
		bench "$tool" first -n 5 | note "$tool" first first
	done
	line='  round trip:'
	for tool in $up; do
		bench "$tool" rtt -s 64 -t 400 | note "$tool"
		line="$line $tool $(value "$tool" rtt5000)"
	done
	say "$line us"
	for flows in 1 64; do
		for bytes in 512 64 1400; do
			cell "$bytes" "$flows"
		done
	done
	line='  CPU:'
	for tool in $up; do
		[ "$(value "$tool" rate-512-1)" != 0 ] || continue
		bench "$tool" load -t 1000 \
			-r $(($(value "$tool" rate-512-1) * 8 / 10 + 1)) |
			note "$tool" cpu cpu-512-1
		line="$line $tool $(value "$tool" cpu-512-1)"
	done
	say "$line us for a datagram"
	line='  99 % of probes under overload:'
	for tool in $up; do
		[ "$(value "$tool" rate-512-1)" != 0 ] || continue
		bench "$tool" overload -t $((cell_ms < 2000 ? cell_ms : 2000)) \
			-r $(($(value "$tool" rate-512-1) * 2 + 1)) |
			note "$tool" offered overload-offered \
				rate overload-rate probe50 probe50 \
				probe99 probe99 probe_most probe-most
		line="$line $tool $(value "$tool" probe99)"
		bench "$tool" memory | note "$tool" rss rss-used pss pss-used
	done
	say "$line us"
	stop_tools
}

if [ "$list" = yes ]; then
	chosen
	rm -rf "$work"
	exit 0
fi
trap finish 0
trap 'exit 1' 1 2 15

prepare
names=$(chosen)
if [ -z "$names" ]; then
	echo 'run.sh: none of these tools is here; --list shows them' >&2
	exit 2
fi

# What is measured but the six cells takes about 9 seconds.
count=$(printf '%s\n' "$names" | grep -c .)
cell_ms=$(((seconds * 1000 / rounds / count - 9000) / 6))
[ "$cell_ms" -ge 600 ] || cell_ms=600
[ "$cell_ms" -le 3000 ] || cell_ms=3000

results=$out/results.tsv
heading "run.sh$command" >"$results"
round=1
while [ "$round" -le "$rounds" ]; do
	one_round
	round=$((round + 1))
done

bars >"$work/bars"
awk -f "$srcdir/tests/bench/median.awk" \
	-f "$srcdir/tests/bench/report.awk" -v bars="$work/bars" \
	-v medians="$out/medians.tsv" "$results" | tee "$out/report.txt"
say "results.tsv, medians.tsv, report.txt are in $out"
if command -v python3 >/dev/null; then
	python3 "$srcdir/tests/bench/plots.py" "$out" "$results"
else
	say 'there are no plots: plots.py needs python3'
fi
