# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Prints each line that points to the right (HACKING.md, "Layers"), each
# conditional in src/, and whatever else of STYLE.md can be seen line by line.

BEGIN {
	n = split("compat base wire net tunnel daemon cmd", layers, " ")
	for (i = 1; i <= n; i++)
		rank[layers[i]] = i
}

function bad(why) {
	print FILENAME ":" FNR ": " why
}

# The layer and the kind of a file, when it begins.
FNR == 1 {
	parts = split(FILENAME, path, "/")
	layer = path[parts - 1]
	in_src = FILENAME ~ /(^|\/)src\//
	header = FILENAME ~ /\.h$/
	guard = toupper(layer "_" path[parts])
	gsub(/[^A-Z0-9]/, "_", guard)
	sub(/^COMPAT_/, "", guard)
	included = depth = 0
	if ($0 != "/* SPDX-License-Identifier: ISC */")
		bad("no SPDX line")
}
FNR == 2 && !/^\/\* Copyright \(c\) [0-9]+ The Adit authors \*\/$/ {
	bad("no copyright line")
}
FNR == 901 { bad("more than 900 lines") }

/^#[ \t]*include/ {
	name = $2
	if (!header && !included++ && name != "\"compat.h\"" &&
	    layer != "compat")
		bad("the first include is not \"compat.h\"")
	if (name !~ /^"/)
		next
	gsub(/"/, "", name)
	if (name ~ /\//) {
		sub(/\/.*/, "", name)
		if (!(name in rank) || rank[name] > rank[layer])
			bad(layer " includes " $2)
	} else if (in_src && (getline line < ("compat/" name)) < 0)
		bad($2 " does not show its layer")
}

# Conditionals: a header in src/ has its guard, and that is all.
/^#[ \t]*(if|ifdef|ifndef|elif|else)/ && in_src &&
    !(header && $0 == "#ifndef " guard) {
	bad("a conditional")
}

in_src && /(^|[^A-Za-z0-9_"])(float|double)($|[^A-Za-z0-9_])/ &&
    !/^[ \t]*(\*|\/\*)/ && !/\/\*.*(float|double)/ {
	bad("floating point")
}

(layer == "base" || layer == "wire") && /clock_(mono|wall|slept)_/ {
	bad("reads a clock")
}

/[ \t]$/ { bad("space at the end of the line") }
/^        / { bad("indented by spaces") }

# A tab counts up to the next column that is a multiple of 8.
{
	line = $0
	while ((at = index(line, "\t")) > 0)
		line = substr(line, 1, at - 1) \
		    substr("        ", 1, 8 - (at - 1) % 8) substr(line, at + 1)
	if (length(line) > 80)
		bad("more than 80 columns")
}
