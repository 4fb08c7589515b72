/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Resource usage of processes; see process.h.
 */

#include "compat.h"

#include <dirent.h>

#include "process.h"

/* The contents of /proc/PID/stat. */
struct stat_line {
	long parent;
	unsigned long user, system;	/* ticks */
};

/* Reads that of one process; false when there is none. */
static bool
stat_read(long pid, struct stat_line *s)
{
	char name[64], line[1024], *after = NULL;
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%ld/stat", pid);
	file = fopen(name, "r");
	if (file == NULL)
		return false;
	/* The program's name may hold anything, so begin behind it. */
	if (fgets(line, sizeof(line), file) != NULL)
		after = strrchr(line, ')');
	fclose(file);
	return after != NULL && sscanf(after, ") %*c %ld %*d %*d %*d %*d %*u "
	    "%*u %*u %*u %*u %lu %lu", &s->parent, &s->user,
	    &s->system) == 3;
}

bool
process_parse(struct processes *p, const char *list)
{
	char *end;

	for (p->n = 0; p->n < PROCESSES; list = end + 1) {
		p->pid[p->n++] = strtol(list, &end, 10);
		if (end == list || (*end != ',' && *end != '\0'))
			return false;
		if (*end == '\0')
			return true;
	}
	return false;
}

/* Is it one of them? */
static bool
process_has(const struct processes *p, long pid)
{
	unsigned i;

	for (i = 0; i < p->n; i++)
		if (p->pid[i] == pid)
			return true;
	return false;
}

/* Adds the children that are seen in one look; returns how many. */
static unsigned
add_children(struct processes *p)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	struct stat_line s;
	unsigned added = 0;
	long pid;

	if (dir == NULL)
		return 0;
	while (p->n < PROCESSES && (entry = readdir(dir)) != NULL) {
		pid = strtol(entry->d_name, NULL, 10);
		if (pid > 0 && !process_has(p, pid) && stat_read(pid, &s) &&
		    process_has(p, s.parent)) {
			p->pid[p->n++] = pid;
			added++;
		}
	}
	closedir(dir);
	return added;
}

void
process_children(struct processes *p)
{
	while (add_children(p) > 0)
		;
}

uint64_t
process_cpu_us(const struct processes *p)
{
	uint64_t ticks = 0;
	struct stat_line s;
	unsigned i;

	for (i = 0; i < p->n; i++)
		if (stat_read(p->pid[i], &s))
			ticks += s.user + s.system;
	return ticks * 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

uint64_t
process_run_ns(const struct processes *p)
{
	unsigned long long ns, sum = 0;
	char name[64];
	unsigned i;
	FILE *file;

	for (i = 0; i < p->n; i++) {
		snprintf(name, sizeof(name), "/proc/%ld/schedstat", p->pid[i]);
		file = fopen(name, "r");
		if (file == NULL)
			continue;
		if (fscanf(file, "%llu", &ns) == 1)
			sum += ns;
		fclose(file);
	}
	return sum;
}

/* The sum of the lines of a file that begin so, or 0. */
static unsigned long
sum_lines(long pid, const char *leaf, const char *begin)
{
	char name[64], line[256];
	unsigned long sum = 0;
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%ld/%s", pid, leaf);
	file = fopen(name, "r");
	if (file == NULL)
		return 0;
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, begin, strlen(begin)) == 0)
			sum += strtoul(line + strlen(begin), NULL, 10);
	fclose(file);
	return sum;
}

void
process_memory(const struct processes *p, unsigned long *rss_kb,
    unsigned long *pss_kb)
{
	unsigned i;

	*rss_kb = *pss_kb = 0;
	for (i = 0; i < p->n; i++) {
		*rss_kb += sum_lines(p->pid[i], "status", "VmRSS:");
		*pss_kb += sum_lines(p->pid[i], "smaps_rollup", "Pss:");
	}
}
