/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */
/*
 * Brings the page up to date: reads it anew each two seconds, changes what has
 * changed, so that selections and the place on the page stay, and draws rates
 * and round trips.  The server writes all values but the rates, so nothing
 * about units and words is here twice.
 *
 * page.awk removes blanks beside signs: none that counts may be there but in "".
 */
"use strict";
const KEEP = 60, past = Object.create(null), find = (from, what) => from.querySelector(what), live = find(document, "#live");
let heard = performance.now();

/* Makes an element of the page, which is shown, the same as one that was read:
 * attributes, text, children. */
function update(old, read) {
	for (const a of read.attributes)
		if (old.getAttribute(a.name) !== a.value)
			old.setAttribute(a.name, a.value);
	if (old.dataset.g)
		return;
	if (!read.firstElementChild) {
		if (old.textContent !== read.textContent)
			old.textContent = read.textContent;
		return;
	}
	const left = new Map([...old.children].map((e, i) => [e.dataset.k ?? i, e]));
	[...read.children].forEach((e, i) => {
		const key = e.dataset.k ?? i, was = left.get(key), is = was || document.importNode(e, true);
		left.delete(key);
		if (was)
			update(was, e);
		if (old.children[i] !== is)
			old.insertBefore(is, old.children[i]);
	});
	left.forEach(e => e.remove());
}

/* A rate with three digits at least. */
function rate(bits) {
	const units = ["", "k", "M", "G", "T"];
	while (bits >= 999.5 && units[1]) {
		bits /= 1000;
		units.shift();
	}
	return (units[4] === undefined ? bits.toPrecision(3) : Math.round(bits)) + " " + units[0] + "bit/s";
}

/* Draws what was kept of a value, the newest at the right; what was not known
 * is null. */
function draw(svg, kept) {
	const top = Math.max(...kept, 1), points = [];
	kept.forEach((v, i) => v === null || points.push((100 + (i - kept.length + 1) * 100 / (KEEP - 1)).toFixed(1) + " " + (35 - 32 * v / top).toFixed(1)));
	const line = points.join("L"), begin = points[0] ? points[0].split(" ")[0] : "";
	svg.style.display = line || svg.dataset.g !== "rtt" ? "block" : "none";
	svg.firstChild.setAttribute("d", line && "M" + line + "V36H" + begin + "Z");
	svg.lastChild.setAttribute("d", line && "M" + line);
}

/* Takes the values of all tunnels. */
function take() {
	for (const section of document.querySelectorAll("section")) {
		const now = section.dataset, was = past[now.k] ||= {up: [], down: [], rtt: []}, s = (heard - was.at) / 1000;
		for (const name of ["up", "down"])
			was[name].push(s > 0 ? Math.max(0, now[name] - was.now[name]) * 8 / s : null);
		was.rtt.push(now.rtt ? Number(now.rtt) : null);
		was.at = heard;
		was.now = {...now};
		for (const e of section.querySelectorAll("[data-g]")) {
			const kept = was[e.dataset.g], last = kept.at(-1);
			if (kept.length > KEEP)
				kept.shift();
			if (e.tagName === "svg")
				draw(e, kept);
			else
				e.textContent = last === null ? "\u2013" : rate(last);
		}
	}
}

async function poll() {
	try {
		const answer = await fetch(location.href, {signal: AbortSignal.timeout(5000)});
		if (!answer.ok)
			throw 0;
		const read = new DOMParser().parseFromString(await answer.text(), "text/html");
		heard = performance.now();
		document.title = read.title;
		for (const part of ["header", "main"])
			update(find(document, part), find(read, part));
		live.textContent = "live, " + live.textContent;
		live.dataset.s = "running";
		take();
	} catch (error) {
		live.textContent = "no answer for " + Math.round((performance.now() - heard) / 1000) + " s";
		live.dataset.s = "failed";
	}
	setTimeout(next, 2000);
}

/* A page that nobody sees asks for nothing. */
function next() {
	if (document.hidden)
		document.addEventListener("visibilitychange", next, {once: true});
	else
		poll();
}

for (const link of document.links)
	link.search = location.search;
take();
setTimeout(next, 2000);
