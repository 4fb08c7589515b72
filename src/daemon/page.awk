# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Makes page_text.c of the page's sources: awk -f page.awk page.css page.js
# page.html.
#
# NOTES.  Left out are empty lines, comments, which have lines of their own,
# blanks at the ends of lines and, of style and script, those beside a sign
# outside of double quotes; so none that counts may be there.  Lines of the
# style and of the page are joined; those of the script keep their ends, which
# may separate statements.  A line
# <!--block NAME--> of the page begins the text page_NAME.  Runs on old awks:
# gsub() of backslashes differs between them, so it is not used for these.

# c_string TEXT: as the inside of a string of C.  A question mark might begin a
# trigraph.
function c_string(text,    i, c, out) {
	out = ""
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1)
		if (c == "\\" || c == "\"" || c == "?")
			out = out "\\"
		out = out c
	}
	return out
}

# squeeze TEXT SIGNS: without the blanks that are beside one of the signs.
function squeeze(text, signs,    i, c, last, quoted, out) {
	out = last = ""
	quoted = 0
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1)
		if (c == " " && !quoted && (index(signs, last) > 0 ||
		    index(signs, substr(text, i + 1, 1)) > 0))
			continue
		if (c == "\"" && last != "\\")
			quoted = !quoted
		out = out c
		last = c
	}
	return out
}

function begin(name) {
	if (inside)
		print "    \"\";"
	print "\nconst char page_" name "[] ="
	inside = 1
}

BEGIN {
	print "/* Written by src/daemon/page.awk. */\n"
	print "#include \"compat.h\"\n"
	print "#include \"daemon/page_text.h\""
}

FNR == 1 {
	kind = FILENAME
	sub(/.*\./, "", kind)
	comment = 0
	if (kind == "css")
		begin("style")
	else if (kind == "js")
		begin("script")
}

{ sub(/^[ \t]+/, ""); sub(/[ \t\r]+$/, "") }

kind == "html" && /^<!--block / {
	name = $2
	sub(/-->.*/, "", name)
	begin(name)
	next
}
kind == "html" && /^<!--/ { comment = 1 }
kind != "html" && /^\/\*/ { comment = 1 }
comment {
	if (/-->$/ || /\*\/$/)
		comment = 0
	next
}
kind == "js" && /^\/\// { next }
/^$/ { next }
kind == "css" { $0 = squeeze($0, "{}:;,>+") }
kind == "js" { $0 = squeeze($0, "{}()[]=+-*/%<>!?:;,&|") }

{ print "    \"" c_string($0) (kind == "js" ? "\\n" : "") "\"" }

END { print "    \"\";" }
