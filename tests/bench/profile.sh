#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Where the work of a datagram goes, for each pair of ends: profile.sh
# [OPTION]... in a build folder; --help lists the options.
#
# NOTES.  Datagrams go in steps of 64, of one flow or each on a flow that is
# drawn; all of a step have arrived before the next one is sent.  So the work is
# the same each time, and other load on the machine changes little.  It is
# counted four times, by a tool that does not disturb the other counts: system
# calls by strace, time from /proc, instructions by perf, or those of the
# program alone by callgrind where the processor's counters cannot be read, and
# the functions by samples of perf.  What is missing is left out, and said.

set -u
LC_ALL=C
export LC_ALL

usage() {
	cat <<'END'
usage: profile.sh [OPTION]...
  --only NAMES   these tools (default: "udp-udp tcp tls uott dtls dtls-cbc")
  --flows NUMBERS  "1 64" by default
  --bytes N      of a datagram (default: 512)
  --steps N      of 64 datagrams (default: 1000)
  --idle N       flows of many-NAME that are opened before and stay idle
                 (default: 0)
  --top N        functions of each side that are named (default: 6; 0: none)
  --adit FILE    instead of the one that is here
  --port N       first of the ports that are used (default: 23000)
END
}

given=$*
build=$(pwd)
srcdir=$(cd "$(dirname "$0")/../.." && pwd) || exit 2
only='udp-udp tcp tls uott dtls dtls-cbc' flows='1 64' bytes=512 steps=1000
top=6 idle=0 port=23000 measured=$build/adit
while [ $# -gt 0 ]; do
	case $1 in
	--help | -h)
		usage
		exit 0
		;;
	esac
	if [ $# -lt 2 ]; then
		echo "profile.sh: $1 wants a value, or is unknown" >&2
		exit 2
	fi
	case $1 in
	--only) only=$2 ;;
	--flows) flows=$2 ;;
	--bytes) bytes=$2 ;;
	--steps) steps=$2 ;;
	--idle) idle=$2 ;;
	--top) top=$2 ;;
	--adit) measured=$2 ;;
	--port) port=$2 ;;
	*)
		echo "profile.sh: $1: unknown; --help has the options" >&2
		exit 2
		;;
	esac
	shift 2
done
if [ ! -f config.h ]; then
	usage >&2
	exit 2
fi
# What tools.sh uses.
# shellcheck disable=SC2034
skip='' list=no results='' beside='' round=1 out=$(mktemp -d)
# shellcheck source=tests/bench/compile.sh
. "$srcdir/tests/bench/compile.sh"
# shellcheck source=tests/bench/tools.sh
. "$srcdir/tests/bench/tools.sh"
trap 'finish; rm -rf "$out"' 0
trap 'exit 1' 1 2 15
prepare
adit=$measured

# have PROGRAM
have() {
	command -v "$1" >/dev/null 2>&1
}

# run_steps NAME FLOWS STEPS: prints how many datagrams have arrived.
run_steps() {
	bench "$1" steps -f "$2" -s "$bytes" -b 64 -n "$3" |
		awk '$1 == "delivered" { print $2 }'
}

# begin NAME FLOWS: starts it, opens the idle flows and lets it warm up.
begin() {
	round=$((round + 1))
	start_tool "$1" || return
	[ "$idle" = 0 ] || bench "$1" idle -n "$idle" >/dev/null || return
	run_steps "$1" "$2" 20 >/dev/null
}

# of_side NAME SIDE: the process; a tool in one process has no server.
of_side() {
	cut -d , -f "$2" "$work/$1.pids"
}

# sides NAME: the fields of its processes.
sides() {
	tr ',' '\n' <"$work/$1.pids" | awk '{ print NR }'
}

# each_of N PER: of so many, with two digits.
each_of() {
	awk -v n="${1:-0}" -v per="${2:-0}" -v digits="${3:-2}" \
		'BEGIN { if (per > 0 && n != "-") printf "%.*f", digits, n / per
		else printf "-" }'
}

# calls NAME FLOWS: system calls of each side.
calls() {
	if ! have strace; then
		echo '- -'
		return
	fi
	tracers=''
	for side in $(sides "$1"); do
		strace -c -p "$(of_side "$1" "$side")" -o "$work/calls.$side" \
			2>"$work/strace.$side" &
		tracers="$tracers $!"
		tries=0
		until grep -q attached "$work/strace.$side" 2>/dev/null ||
			[ $tries = 50 ]; do
			sleep 0.1
			tries=$((tries + 1))
		done
	done
	sent=$(run_steps "$1" "$2" $((steps / 4)))
	# A list of numbers.
	# shellcheck disable=SC2086
	kill -TERM $tracers
	# shellcheck disable=SC2086
	wait $tracers 2>/dev/null
	for side in $(sides "$1"); do
		each_of "$(awk '$NF == "total" { print $4 }' \
			"$work/calls.$side")" \
			"$sent" 3
		echo
	done
}

# ticks PID: of the program and of the kernel.
ticks() {
	sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12, $13 }'
}

# spent NAME FLOWS: microseconds of program and kernel, for each side.
spent() {
	for side in $(sides "$1"); do
		ticks "$(of_side "$1" "$side")"
	done >"$work/ticks.before"
	sent=$(run_steps "$1" "$2" $((steps * 4)))
	for side in $(sides "$1"); do
		ticks "$(of_side "$1" "$side")"
	done | paste -d ' ' "$work/ticks.before" - |
		awk -v n="${sent:-0}" -v hz="$(getconf CLK_TCK)" 'n > 0 {
			printf "%.2f %.2f\n", ($3 - $1) * 1e6 / hz / n,
			    ($4 - $2) * 1e6 / hz / n
		}'
}

# can_count: can perf count instructions here?
can_count() {
	have perf && perf stat -x, -e instructions:u true 2>&1 |
		grep -q '^[0-9]'
}

# by_perf NAME FLOWS: instructions of program and kernel, for each side.
by_perf() {
	for side in $(sides "$1"); do
		perf stat -x, -e instructions:u,instructions:k \
			-o "$work/stat.$side" -p "$(of_side "$1" "$side")" &
		eval "counter_$side=$!"
	done
	sent=$(run_steps "$1" "$2" "$steps")
	for side in $(sides "$1"); do
		eval "kill -TERM \$counter_$side; wait \$counter_$side" 2>/dev/null
		awk -F , -v n="${sent:-0}" '/instructions/ && n > 0 {
			printf "%d ", $1 / n } END { print "" }' \
			"$work/stat.$side"
	done
}

# by_callgrind NAME FLOWS: those of the program alone, by a start of its own.
by_callgrind() {
	adit="valgrind -q --tool=callgrind --callgrind-out-file=$work/grind.%p"
	adit="$adit $measured"
	begin "$1" "$2"
	for side in $(sides "$1"); do
		callgrind_control --zero "$(of_side "$1" "$side")"
	done >/dev/null 2>&1
	sent=$(run_steps "$1" "$2" $((steps / 20 + 1)))
	for side in $(sides "$1"); do
		pid=$(of_side "$1" "$side")
		callgrind_control --dump "$pid" >/dev/null 2>&1
		awk -v n="${sent:-0}" '/^summary:/ { sum = $2 }
			END { if (n > 0 && sum > 0) printf "%d -\n", sum / n
			else print "- -" }' "$work/grind.$pid".1 2>/dev/null ||
			echo '- -'
	done
	stop_tools
	adit=$measured
}

# functions NAME FLOWS SIDE: those with the most samples.
functions() {
	perf report -i "$work/samples.$3" --stdio -g none --sort symbol \
		2>/dev/null | awk -v most="$top" '
	/^ +[0-9.]+%/ && n < most {
		share = $1
		where = $2 == "[k]" ? " (kernel)" : ""
		printf "%s%s%s %d %%", n++ ? ", " : "", $3, where, share + 0.5
	}'
}

# samples NAME FLOWS: where the time of each side goes.
samples() {
	for side in $(sides "$1"); do
		perf record -q -e cpu-clock -F 5000 -o "$work/samples.$side" \
			-p "$(of_side "$1" "$side")" >/dev/null 2>&1 &
		eval "sampler_$side=$!"
	done
	run_steps "$1" "$2" "$steps" >/dev/null
	for side in $(sides "$1"); do
		eval "kill -TERM \$sampler_$side; wait \$sampler_$side" 2>/dev/null
		functions "$1" "$2" "$side"
		echo
	done
}

# side_name NAME SIDE
side_name() {
	case $2:$(sides "$1" | wc -l) in
	1:*2*) echo server ;;
	*) echo client ;;
	esac
}

# measure NAME FLOWS: a line for each side, and what is said below the table.
measure() {
	begin "$1" "$2" || {
		say "profile.sh: $1 does not run:"
		cat "$work/$1"-*.log >&2
		return
	}
	calls "$1" "$2" >"$work/all.calls"
	spent "$1" "$2" >"$work/all.times"
	if can_count; then
		by_perf "$1" "$2" >"$work/all.instructions"
	fi
	if [ "$top" != 0 ] && have perf; then
		samples "$1" "$2" >"$work/all.samples"
	else
		: >"$work/all.samples"
	fi
	names=$(for side in $(sides "$1"); do side_name "$1" "$side"; done)
	stop_tools
	if ! can_count && have valgrind && have callgrind_control; then
		by_callgrind "$1" "$2" >"$work/all.instructions"
	fi
	number=0
	for name in $names; do
		number=$((number + 1))
		set -- "$1" "$2" "$(sed -n ${number}p "$work/all.calls")" \
			"$(sed -n ${number}p "$work/all.times")" \
			"$(sed -n ${number}p "$work/all.instructions")" \
			"$(sed -n ${number}p "$work/all.samples")"
		printf '| %s, %s | %s | %s | %s | %s | %s | %s |\n' "$1" \
			"$name" "$2" "${3:--}" "${4% *}" "${4#* }" "${5%% *}" \
			"$(echo "${5#* }" | sed 's/ *$//')"
		[ -z "$6" ] || printf '| %s, %s | %s | %s |\n' "$1" "$name" \
			"$2" "$6" >>"$work/functions"
	done
}

have strace || say 'profile.sh: no strace: system calls are not counted'
have perf || say 'profile.sh: no perf: functions are not named'
: >"$work/all.instructions"
if ! can_count; then
	say 'profile.sh: no counters of the processor: instructions are those of' \
		'the program alone, by callgrind'
	have callgrind_control || say 'profile.sh: no valgrind, either'
fi
heading "profile.sh${given:+ $given}"
cat <<'END'

| pair, side | flows | system calls | program, us | kernel, us | instructions, program | kernel |
| --- | --- | --- | --- | --- | --- | --- |
END
for tool in $only; do
	for count in $flows; do
		measure "$tool" "$count"
	done
done
if [ -s "$work/functions" ]; then
	printf '\n| pair, side | flows | of the time |\n| --- | --- | --- |\n'
	cat "$work/functions"
fi
