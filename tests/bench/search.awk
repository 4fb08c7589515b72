# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Makes tables of what search.sh measured: awk -f median.awk -f search.awk
# -v against=NAME RESULTS.  Each cell is a median, and the least and the most in
# brackets.

# Median and spread, each divided.
function show(list, n, div, digits,    m) {
	if (n == 0)
		return "-"
	m = median(list, n)
	return sprintf("%.*f [%.*f %.*f]", digits, m / div, digits, \
	    list[1] / div, digits, list[n] / div)
}

# Of a tool's measure over the rounds.
function shown(tool, measure, div, digits,    r, n, list) {
	for (r = 1; r <= n_rounds; r++)
		if ((rounds[r], tool, measure) in value)
			list[++n] = value[rounds[r], tool, measure]
	return show(list, n + 0, div, digits)
}

# Of what it is of the yardstick's within the rounds.
function shown_ratio(tool, measure,    r, n, list, yard) {
	for (r = 1; r <= n_rounds; r++) {
		if (!((rounds[r], tool, measure) in value) || \
		    !((rounds[r], against, measure) in value))
			continue
		yard = value[rounds[r], against, measure]
		if (yard > 0)
			list[++n] = value[rounds[r], tool, measure] / yard
	}
	return show(list, n + 0, 1, 2)
}

# Is there such a measure?
function is_known(measure) {
	return measure in measured
}

# One measure of all tools, with its ratio.
function table(title, measure, div, digits,    i) {
	if (!is_known(measure))
		return
	printf "\n%-37s of %s\n", title, against
	for (i = 1; i <= n_tools; i++)
		if ((tools[i], measure) in has)
			printf "%-14s %-22s %s\n", tools[i], \
			    shown(tools[i], measure, div, digits), \
			    shown_ratio(tools[i], measure)
}

BEGIN { FS = "\t" }

/^#/ { print substr($0, 3); next }

{
	if (!($2 in tool_known)) {
		tool_known[$2] = 1
		tools[++n_tools] = $2
	}
	if (!($1 in round_known)) {
		round_known[$1] = 1
		rounds[++n_rounds] = $1
	}
	if (!($3 in measured)) {
		measured[$3] = 1
		measures[++n_measures] = $3
	}
	has[$2, $3] = 1
	value[$1, $2, $3] = $4 + 0
}

END {
	if (!(against in tool_known))
		against = tools[1]
	for (m = 1; m <= n_measures; m++) {
		name = measures[m]
		split(name, part, "-")
		if (part[1] == "rate") {
			cell = part[2] "-" part[3]
			title = part[2] " bytes, " part[3] \
			    (part[3] == 1 ? " flow: " : " flows: ")
			table(title "1000/s", name, 1000, 1)
			table(title "CPU us for a datagram", "cpu-" cell, 1, 2)
			table(title "latency p50 us", "lat50-" cell, 1, 0)
		} else if (part[1] == "tcp")
			table("MTU " part[2] ", one TCP stream, Mbit/s", name, 1, 0)
		else if (part[1] == "mem")
			table("memory with " part[2] " flows, kB", name, 1, 0)
	}
	table("round trip p50, us", "rtt5000", 1, 0)
	table("round trip p99, us", "rtt9900", 1, 0)
	table("first echo of a new client, ms", "first-new", 1000, 2)
	table("first echo of a new flow, ms", "first", 1000, 2)
	table("one flow beside idle ones, of without", "idle-share", 1, 2)
	table("CPU us at 20,000 a second", "idle-cpu", 1, 2)
	table("CPU ns, 64 flows, beside idle ones", "idle-steps", 1, 0)
	table("the same, of without", "idle-steps-share", 1, 3)
	table("client, bytes for an idle flow", "idle-bytes-client", 1, 0)
	table("server, bytes for an idle flow", "idle-bytes-server", 1, 0)
	table("one TCP stream, Mbit/s", "tun-tcp", 1, 0)
	table("CPU s for a GB", "tun-cpu", 1, 2)
	table("sent again, of a thousand", "tun-retr", 1, 2)
	table("UDP, loss under 1 %, Mbit/s", "tun-udp", 1, 0)
	table("the same by UDP_SEGMENT", "tun-uso", 1, 0)
	table("round trip p50, us", "tun-rtt50", 1, 0)
	table("round trip p99, us", "tun-rtt99", 1, 0)
	table("voice alone p99, us", "tun-voice99", 1, 0)
	table("voice beside TCP p99, us", "tun-voice99-bulk", 1, 0)
	table("voice alone p99, us", "voice99", 1, 0)
	table("voice beside half of the rate p99, us", "voice99-bulk", 1, 0)
}
