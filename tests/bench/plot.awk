# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Draws what report.awk wrote as an SVG:
# awk -f plot.awk -v plot=throughput|rtt|cpu MEDIANS

function log10(x) {
	return log(x) / log(10)
}

function text(x, y, words, more) {
	printf "<text x=\"%.1f\" y=\"%.1f\" %s>%s</text>\n", x, y, more, words
}

function line(x1, y1, x2, y2, colour) {
	printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" " \
	    "stroke=\"%s\"/>\n", x1, y1, x2, y2, colour
}

function box(x, y, w, h, colour, title) {
	printf "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" " \
	    "fill=\"%s\"><title>%s</title></rect>\n", x, y, w, h, colour, title
}

# The colour of tool i: ours strong, the yardsticks grey.
function colour(i,    c) {
	split("#9a9a9a #c9c9c9 #5b8c2a #e08a00 #c0392b #7fb2dd #2f6fa7 " \
	    "#8e6bbf #50a5a0 #b0628b #6b5b3e #333333", c, " ")
	return c[(i - 1) % 12 + 1]
}

function head(width, height, title) {
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" " \
	    "height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n", \
	    width, height
	printf "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", width, \
	    height
	text(20, 24, title, "font-size=\"15\"")
}

# The tools' names in their colours, downwards from there.
function legend(x, y,    i) {
	for (i = 1; i <= n; i++) {
		box(x, y + 18 * i - 10, 12, 12, colour(i), tool[i])
		text(x + 18, y + 18 * i, tool[i], "")
	}
}

# Bars of each tool for three sizes; with that many flows; 340 wide.
function rates(left, flows, most,    s, i, x, w, v, h) {
	text(left, 52, flows == 1 ? "1 flow" : flows " flows", "")
	for (i = 0; i <= 4; i++) {
		line(left, 320 - 65 * i, left + 340, 320 - 65 * i, "#ddd")
		text(left - 6, 324 - 65 * i, \
		    sprintf("%d", most / 4 * i / 1000), \
		    "text-anchor=\"end\"")
	}
	w = 100 / n
	for (s = 1; s <= 3; s++) {
		text(left + 113 * s - 56, 338, size[s] " bytes", \
		    "text-anchor=\"middle\"")
		for (i = 1; i <= n; i++) {
			v = middle[tool[i], "rate-" size[s] "-" flows]
			h = 260 * v / most
			x = left + 113 * (s - 1) + 6 + w * (i - 1)
			box(x, 320 - h, w * 0.9, h, colour(i), \
			    tool[i] ": " v)
		}
	}
}

function plot_throughput(    i, s, f, most) {
	for (i = 1; i <= n; i++)
		for (s = 1; s <= 3; s++)
			for (f = 1; f <= 64; f += 63)
				if (middle[tool[i], "rate-" size[s] "-" f] > \
				    most)
					most = middle[tool[i], \
					    "rate-" size[s] "-" f]
	most = int(most / 40000 + 1) * 40000
	head(940, 360, "Datagrams delivered one way, thousands a second, " \
	    "with a loss under 1 %")
	rates(60, 1, most)
	rates(450, 64, most)
	legend(810, 50)
}

# Shares of round trips over their time, which is logarithmic.
function plot_rtt(    i, q, m, least, most, points, t, x) {
	m = split("10 100 500 1000 2000 3000 4000 5000 6000 7000 8000 9000 " \
	    "9500 9900 9990", quantile, " ")
	least = 1e9
	for (i = 1; i <= n; i++)
		for (q = 1; q <= m; q++) {
			t = middle[tool[i], "rtt" quantile[q]]
			if (t > 0 && t < least)
				least = t
			if (t > most)
				most = t
		}
	head(760, 380, "Round trips that took at most so long")
	for (i = 0; i <= 10; i += 2) {
		line(60, 320 - 26 * i, 600, 320 - 26 * i, "#ddd")
		text(54, 324 - 26 * i, i * 10 " %", "text-anchor=\"end\"")
	}
	if (most <= least)
		return
	for (t = 10; t <= most * 2; t *= 10)
		for (i = 1; i <= 5; i += i == 1 ? 1 : 3) {
			if (t * i < least || t * i > most)
				continue
			x = 60 + 540 * log10(t * i / least) / \
			    log10(most / least)
			line(x, 60, x, 320, "#ddd")
			text(x, 336, t * i, "text-anchor=\"middle\"")
		}
	text(600, 354, "microseconds", "text-anchor=\"end\"")
	for (i = 1; i <= n; i++) {
		points = ""
		for (q = 1; q <= m; q++) {
			t = middle[tool[i], "rtt" quantile[q]]
			if (t > 0)
				points = points sprintf("%.1f,%.1f ", 60 + \
				    540 * log10(t / least) / \
				    log10(most / least), \
				    320 - 260 * quantile[q] / 10000)
		}
		printf "<polyline points=\"%s\" fill=\"none\" " \
		    "stroke-width=\"2\" stroke=\"%s\"><title>%s</title>" \
		    "</polyline>\n", points, colour(i), tool[i]
	}
	legend(630, 50)
}

# A bar for each tool, from the left.
function plot_cpu(    i, most, v) {
	for (i = 1; i <= n; i++)
		if (middle[tool[i], "cpu"] > most)
			most = middle[tool[i], "cpu"]
	head(640, 60 + 24 * n, "CPU for a datagram of 512 bytes, both sides, " \
	    "microseconds")
	for (i = 1; i <= n && most > 0; i++) {
		v = middle[tool[i], "cpu"]
		text(100, 40 + 24 * i, tool[i], "text-anchor=\"end\"")
		box(108, 28 + 24 * i, 460 * v / most, 16, colour(i), tool[i])
		text(114 + 460 * v / most, 41 + 24 * i, sprintf("%.1f", v), "")
	}
}

BEGIN { FS = "\t"; split("64 512 1400", size, " ") }

{
	if (!($1 in known)) {
		known[$1] = 1
		tool[++n] = $1
	}
	middle[$1, $2] = $3 + 0
}

END {
	if (plot == "throughput")
		plot_throughput()
	else if (plot == "rtt")
		plot_rtt()
	else
		plot_cpu()
	print "</svg>"
}
