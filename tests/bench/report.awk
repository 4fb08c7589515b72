# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Makes a table of what run.sh measured, compares it with the bars, and writes
# the medians (TOOL, MEASURE, MEDIAN, LEAST, MOST, ROUNDS) to a file:
# awk -f median.awk -f report.awk -v bars=FILE -v medians=FILE RESULTS

# A median as it stands in the table; div 1000 makes thousands of it.
function show(tool, measure, div, format) {
	if (!((tool, measure) in middle))
		return "-"
	return sprintf(format, middle[tool, measure] / div)
}

# Three sizes of datagrams with one number of flows.
function rates(tool, flows) {
	return show(tool, "rate-64-" flows, 1000, "%.0fk") " / " \
	    show(tool, "rate-512-" flows, 1000, "%.0fk") " / " \
	    show(tool, "rate-1400-" flows, 1000, "%.0fk")
}

# One bar: the median of the ratios in each round.
function compare(tool, measure, sign, factor, than, of,    r, n, ratio, is, ok) {
	n = 0
	for (r = 1; r <= rounds; r++) {
		if (!((r, tool, measure) in value))
			continue
		if (than == "-")
			ratio[++n] = value[r, tool, measure]
		else if (value[r, than, of] > 0)
			ratio[++n] = value[r, tool, measure] / \
			    value[r, than, of]
	}
	if (n == 0) {
		skipped++
		return
	}
	is = median(ratio, n)
	ok = sign == ">=" ? is >= factor : is <= factor
	failed += !ok
	passed += ok
	printf "%s  %-5s %-12s %8.*f %s %-5s %s\n", ok ? "pass" : "FAIL", \
	    tool, measure, than == "-" ? 0 : 2, is, sign, factor, \
	    than == "-" ? "" : "of " than (of == measure ? "" : " " of)
}

BEGIN { FS = "\t" }

/^#/ { print substr($0, 3); next }

{
	if (!($2 in known)) {
		known[$2] = 1
		tools[++n_tools] = $2
	}
	if (!(($2, $3) in n))
		keys[++n_keys] = $2 SUBSEP $3
	value[$1, $2, $3] = $4
	list[$2, $3, ++n[$2, $3]] = $4
	if ($1 > rounds)
		rounds = $1
}

END {
	for (k = 1; k <= n_keys; k++) {
		split(keys[k], key, SUBSEP)
		count = n[key[1], key[2]]
		for (i = 1; i <= count; i++)
			sorted[i] = list[key[1], key[2], i] + 0
		middle[key[1], key[2]] = median(sorted, count)
		printf "%s\t%s\t%s\t%s\t%s\t%d\n", key[1], key[2], \
		    middle[key[1], key[2]], sorted[1], sorted[count], \
		    count >medians
	}
	close(medians)

	print "medians of " rounds " rounds; rates with a loss under 1 %, " \
	    "for 64 / 512 / 1400 bytes"
	print ""
	format = "%-10s %-11s %-13s %-19s %-19s %-6s %-13s %s\n"
	printf format, "tool", "RTT 50/99", "first echo", \
	    "1 flow, packets/s", "64 flows", "CPU s", "RSS idle/used", \
	    "overload"
	printf format, "", "us", "new/later ms", "", "", "per M", "kB", \
	    "50/99 ms"
	for (i = 1; i <= n_tools; i++) {
		t = tools[i]
		printf format, t, show(t, "rtt5000", 1, "%d") "/" \
		    show(t, "rtt9900", 1, "%d"), \
		    show(t, "first-new", 1000, "%.1f") "/" \
		    show(t, "first", 1000, "%.1f"), rates(t, 1), \
		    rates(t, 64), show(t, "cpu-512-1", 1, "%.1f"), \
		    show(t, "rss-idle", 1, "%d") "/" \
		    show(t, "rss-used", 1, "%d"), \
		    show(t, "probe50", 1000, "%.1f") "/" \
		    show(t, "probe99", 1000, "%.1f")
	}
	print ""
	while ((getline line <bars) > 0) {
		split(line, b, " ")
		compare(b[1], b[2], b[3], b[4] + 0, b[5], b[6])
	}
	print passed + 0 " bars passed, " failed + 0 " failed, " \
	    skipped + 0 " without their tools"
}
