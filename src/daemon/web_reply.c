/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Decides what is answered to a request, and writes headers and short answers.
 */

#include "compat.h"

#include "daemon/web_reply.h"

/* The words for a status. */
static const char *
status_words(unsigned status)
{
	switch (status) {
	case 200:
		return "OK";
	case 401:
		return "Unauthorized";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 503:
		return "Service Unavailable";
	}
	/* Of all others nothing but the number is of use. */
	return "Bad Request";
}

/* What the reader of an error can do about it, as lines. */
static const char *
error_remedy(unsigned status)
{
	switch (status) {
	case 401:
		return "A token is needed: /?token=TOKEN\n";
	case 421:
		return "Not served under this name: see status-host\n";
	}
	return "";
}

/* The body of an error. */
static bool
error_more(struct web_reply *r, struct text *t)
{
	text_add(t, "%u %s\n%s", r->status, status_words(r->status),
	    error_remedy(r->status));
	return false;
}

/* Makes it an error. */
static void
reply_error(struct web_reply *r, unsigned status)
{
	r->status = status;
	r->type = "text/plain; charset=utf-8";
	r->more = error_more;
	if (status == 401)
		r->more_fields = "WWW-Authenticate: Bearer\r\n";
	else if (status == 405)
		r->more_fields = "Allow: GET, HEAD\r\n";
}

/* Does each tunnel run? */
static bool
all_tunnels_run(struct web_reply *r)
{
	status_process(r->process, &r->whole);
	return r->whole.running == r->whole.tunnels;
}

/* The body of /healthz: a line for each tunnel that does not run. */
static bool
health_more(struct web_reply *r, struct text *t)
{
	struct text before;

	if (r->status == 200) {
		text_add(t, "ok\n");
		return false;
	}
	for (; r->tunnel < status_tunnels(r->process); r->tunnel++) {
		status_tunnel(r->process, r->tunnel, &r->one);
		if (r->one.state == STATUS_RUNNING)
			continue;
		before = *t;
		text_add(t, "tunnel");
		if (r->one.name[0] != '\0')
			text_add(t, " ");
		text_add_quoted(t, r->one.name, strlen(r->one.name));
		text_add(t, ": %s: ", status_state_text(r->one.state));
		text_add_quoted(t, r->one.error, strlen(r->one.error));
		text_add(t, "\n");
		if (t->room <= 1) {
			*t = before;
			*t->at = '\0';
			return true;
		}
	}
	return false;
}

const char *
web_put_until(struct text *t, const char *from, char end)
{
	while (*from != '\0' && *from != end && t->room > 1) {
		*t->at++ = *from++;
		t->room--;
	}
	*t->at = '\0';
	return from;
}

bool
web_find_tunnel(struct web_reply *r)
{
	size_t i = status_find(r->process, r->one.name);

	if (i != SIZE_MAX)
		r->tunnel = i;
	return i != SIZE_MAX;
}

/* The body of /status.json. */
static bool
json_more(struct web_reply *r, struct text *t)
{
	while (t->room > 1) {
		if (r->at == NULL || *r->at == '\0') {
			if (status_json_next(&r->json, r->part) == 0)
				return false;
			r->at = r->part;
		}
		r->at = web_put_until(t, r->at, '\0');
	}
	return true;
}

/* Begins the JSON of what a query names: all, a tunnel, or the peers of one
 * after a cursor. */
static void
begin_json(struct web_reply *r, const char *query)
{
	char name[STATUS_NAME], after[24];
	size_t tunnel;

	r->type = "application/json";
	r->more = json_more;
	r->part = malloc(STATUS_JSON_PART);
	if (r->part == NULL) {
		reply_error(r, 503);
	} else if (http_request_query(query, "tunnel", name,
	    sizeof(name)) != 0) {
		status_json_all(&r->json, r->process);
	} else if ((tunnel = status_find(r->process, name)) == SIZE_MAX) {
		reply_error(r, 404);
	} else if (http_request_query(query, "after", after,
	    sizeof(after)) != 0) {
		status_json_one(&r->json, r->process, tunnel);
	} else {
		status_json_peers(&r->json, r->process, tunnel,
		    strtoull(after, NULL, 10));
	}
}

void
web_reply_end(struct web_reply *r)
{
	free(r->part);
	r->part = NULL;
}

/* What is at a path.  False: nothing. */
static bool
reply_route(struct web_reply *r, const struct http_request *request,
    const char *policy)
{
	const char *path = request->path;

	if (strcmp(path, "/status.json") == 0) {
		begin_json(r, request->query);
	} else if (strcmp(path, "/metrics") == 0) {
		r->type = "text/plain; version=0.0.4; charset=utf-8";
		r->more = web_metrics_more;
	} else if (strcmp(path, "/healthz") == 0) {
		r->type = "text/plain; charset=utf-8";
		r->more = health_more;
		r->status = all_tunnels_run(r) ? 200 : 503;
	} else if (strcmp(path, "/") == 0) {
		r->type = "text/html; charset=utf-8";
		r->more = web_page_more;
		r->policy = policy;
	} else {
		return false;
	}
	return true;
}

void
web_reply_begin(struct web_reply *r, const struct process *process,
    const struct web_access *access, const struct http_request *request,
    const struct addr *local, const char *policy)
{
	memset(r, 0, offsetof(struct web_reply, whole));
	r->process = process;
	r->head = request->head;
	r->chunked = !request->http10 && !request->head;
	r->policy = "default-src 'none'; frame-ancestors 'none'";
	r->more_fields = "";
	r->status = 200;
	if (request->result != HTTP_REQUEST_GOOD) {
		/* The reader may know HTTP/1.0 only. */
		r->chunked = false;
		reply_error(r, request->status);
	} else if (!web_access_host(access, request->host, local)) {
		reply_error(r, 421);
	} else if (!web_access_token(access, request)) {
		reply_error(r, 401);
	} else if (!reply_route(r, request, policy)) {
		reply_error(r, 404);
	}
}

void
web_reply_header(const struct web_reply *r, struct text *t)
{
	text_add(t, "HTTP/1.1 %u %s\r\n", r->status, status_words(r->status));
	text_add(t, "Content-Type: %s\r\n", r->type);
	text_add(t, "Content-Security-Policy: %s\r\n", r->policy);
	text_add(t, "X-Content-Type-Options: nosniff\r\n"
	    "Cross-Origin-Resource-Policy: same-origin\r\n"
	    "Referrer-Policy: no-referrer\r\n"
	    "Cache-Control: no-store\r\n"
	    "Connection: close\r\n%s%s\r\n", r->more_fields,
	    r->chunked ? "Transfer-Encoding: chunked\r\n" : "");
}
