/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The middle, between two ends of this file: the life of a flow, what is
 * counted, and who may end a flow where.
 */

#include "compat.h"

#include "fake_plan.h"
#include "still.h"
#include "tap.h"

/*
 * Two ends that note what is asked of them
 */

enum act { NOTHING, END_FLOW, REFUSE, END_AND_REFUSE, GO_UP, PASS_BACK };

struct fake_end {
	struct end end;
	unsigned started, stopped;
};

struct fake_leg {
	struct leg leg;
	unsigned opened, closed, sent, holds;
	bool held;
	bool known;		/* LEFT: flow_open() returned it */
	unsigned depth;
};

static enum act at_open, at_send;
static unsigned opened, closed, closed_unknown, sent, held;
static size_t sent_bytes;
static int start_result[2];

static int
fake_start(struct end *end, const struct settings *s, struct fault *f)
{
	(void)s;
	((struct fake_end *)end)->started++;
	return start_result[end->side] == 0 ? 0 :
	    fault_system(f, NULL, "not today");
}

static int
fake_open(struct leg *leg)
{
	((struct fake_leg *)leg)->opened++;
	opened++;
	switch (at_open) {
	case END_FLOW:
		flow_end(leg->flow, "ended in open");
		return 0;
	case REFUSE:
		return -1;
	case END_AND_REFUSE:
		flow_end(leg->flow, "ended in open");
		return -1;
	case GO_UP:
		flow_up(leg);
		return 0;
	case NOTHING:
	case PASS_BACK:
		break;
	}
	return 0;
}

static void
fake_send(struct leg *leg, struct dgram *d, unsigned n)
{
	struct fake_leg *l = (struct fake_leg *)leg;
	unsigned i;

	sent += n;
	l->sent += n;
	for (i = 0; i < n; i++)
		sent_bytes += d[i].len;
	if (at_send == END_FLOW)
		flow_end(leg->flow, "ended in send");
	if (at_send == PASS_BACK && l->depth == 0) {
		l->depth++;
		flow_pass(leg, d, 1);
		l->depth--;
	}
}

static void
fake_hold(struct leg *leg, bool on)
{
	((struct fake_leg *)leg)->held = on;
	held++;
}

static void
fake_close(struct leg *leg)
{
	struct fake_leg *l = (struct fake_leg *)leg;

	l->closed++;
	closed++;
	if (leg->end->side == LEFT && !l->known)
		closed_unknown++;
	flow_drop(leg, LOST_FLOW_ENDED, 1);
}

static void
fake_stop(struct end *end)
{
	((struct fake_end *)end)->stopped++;
}

/* What both sides have of these. */
static struct end_ops
noting_end(enum side side)
{
	struct end_ops ops = fake_end(side);

	ops.end_size = sizeof(struct fake_end);
	ops.leg_size = sizeof(struct fake_leg);
	ops.start = fake_start;
	ops.send = fake_send;
	ops.close = fake_close;
	ops.stop = fake_stop;
	return ops;
}

/*
 * A tunnel of them
 */

static struct end_ops left_ops, right_ops;
static struct loop *loop;
static struct tunnel *tunnel;
static struct plan plan;
static struct random source;
static unsigned lines[LEVEL_TRACE + 1];
static unsigned n_began, n_ended;	/* lines of flows */
static unsigned long more_began, more_ended;	/* flows without one */

/* Counts a line, and what it says was held back. */
static void
count_line(enum log_level level, const char *line)
{
	const char *more = strrchr(line, '(');
	unsigned long n = 0;

	lines[level]++;
	if (more != NULL && strstr(more, " more held back)") != NULL)
		n = strtoul(more + 1, NULL, 10);
	if (strstr(line, " more flows began and ") != NULL) {
		more_began += strtoul(line, NULL, 10);
		more_ended += strtoul(strstr(line, "and ") + 4, NULL, 10);
	} else if (strstr(line, " began") != NULL) {
		n_began++;
		more_began += n;
	} else if (strstr(line, " ended: ") != NULL) {
		n_ended++;
		more_ended += n;
	}
}

/* Makes the plan one of the two ends above. */
static void
plan_begin(void)
{
	left_ops = noting_end(LEFT);
	left_ops.headroom = 3;
	left_ops.tailroom = 17;
	left_ops.hold = fake_hold;
	right_ops = noting_end(RIGHT);
	right_ops.headroom = 21;
	right_ops.tailroom = 5;
	right_ops.open = fake_open;
	fake_plan(&plan, &left_ops, &right_ops);
}

/* With two options, or fewer (NULL). */
static void
begin2(const char *option, const char *value, const char *option2,
    const char *value2)
{
	struct fault fault;

	plan_begin();
	memset(lines, 0, sizeof(lines));
	n_began = n_ended = more_began = more_ended = 0;
	opened = closed = closed_unknown = sent = held = sent_bytes = 0;
	at_open = at_send = NOTHING;
	start_result[LEFT] = start_result[RIGHT] = 0;
	must(option == NULL ||
	    plan_set_tunnel(&plan, option, value, &fault) == 0);
	must(option2 == NULL ||
	    plan_set_tunnel(&plan, option2, value2, &fault) == 0);
	must(plan_finish(&plan, &fault) == 0);
	random_init_fixed(&source, "seed", 4);
	loop = loop_new(NULL);
	tunnel = tunnel_new(loop, NULL, &source, &plan);
	must(tunnel_start(tunnel, &fault) == 0);
}

static void
begin(const char *option, const char *value)
{
	begin2(option, value, NULL, NULL);
}

static void
end(void)
{
	tunnel_free(tunnel);
	loop_free(loop);
	plan_free(&plan);
}

/* Lets time pass, up to each timer in turn. */
static void
pass_ms(uint64_t ms)
{
	uint64_t until = now_ms + ms;

	do {
		loop_turn(loop, 0);
		if (now_ms == until)
			break;
		now_ms++;
	} while (true);
}

/* A leg that was opened, or NULL. */
static struct fake_leg *
known_leg(struct leg *leg)
{
	if (leg != NULL)
		((struct fake_leg *)leg)->known = true;
	return (struct fake_leg *)leg;
}

/* A new flow of a peer. */
static struct fake_leg *
new_flow_of(const struct peer *peer)
{
	return known_leg(flow_open(tunnel->end[LEFT], peer));
}

/* Somebody. */
static struct peer
somebody(const char *addr)
{
	struct peer peer;

	memset(&peer, 0, sizeof(peer));
	addr_parse(&peer.addr, addr);
	return peer;
}

/* A new flow from the left. */
static struct fake_leg *
new_flow(const char *identity)
{
	struct peer peer = somebody("10.1.2.3:4567");

	peer.identity = identity;
	return new_flow_of(&peer);
}

/* Is there a flow? */
static bool
alive(void)
{
	return tunnel->n_flows > 0;
}

static void
test_life(void)
{
	struct fake_leg *l, *r;
	struct dgram d;
	char name[20] = "bob";

	begin(NULL, NULL);
	arena_take(loop_arena(loop), &d, 1);
	ok(d.head >= 21 && d.tail >= DGRAM_MAX + 17, "datagrams have the room "
	    "that either end asks for");
	l = new_flow(name);
	name[0] = 'x';
	ok(l != NULL && opened == 1, "a new flow opens its right leg");
	is_int(tunnel->n_flows, 1, "it is counted");
	is_str(l->leg.flow->peer.identity, "bob", "it keeps a copy of whose it "
	    "is");
	r = (struct fake_leg *)leg_other(&l->leg);
	ok(r->opened == 1 && leg_other(&r->leg) == &l->leg, "its legs know "
	    "each other");
	fake_pass(&l->leg, 3, 100);
	is_int(r->sent, 3, "what passes from the left is sent on the right");
	fake_pass(&r->leg, 2, 50);
	is_int(l->sent, 2, "and back");
	ok(l->leg.flow->passed[LEFT] == 3 && l->leg.flow->bytes[LEFT] == 300 &&
	    tunnel->passed[RIGHT] == 2 && tunnel->bytes[RIGHT] == 100,
	    "datagrams and bytes are counted for flow and tunnel");
	flow_drop(&r->leg, LOST_TOO_BIG, 4);
	flow_drop(&r->leg, LOST_TOO_BIG, 0);
	end_drop(tunnel->end[LEFT], LOST_TRUNCATED, 2);
	ok(l->leg.flow->lost == 4 &&
	    tunnel->lost[LOST_TOO_BIG] == 4 &&
	    tunnel->lost[LOST_TRUNCATED] == 2, "losses too, by cause");
	flow_hold(&r->leg, true);
	is_int(l->held, 1, "advice to hold reaches the other leg");
	flow_hold(&r->leg, false);
	is_int(l->held, 0, "and to go on");
	flow_hold(&l->leg, true);
	is_int(held, 2, "an end that takes no advice gets none");
	flow_end(l->leg.flow, "test");
	ok(l->leg.flow->dead && l->closed == 1 && r->closed == 1,
	    "a flow that ends closes both legs, once");
	flow_end(l->leg.flow, "again");
	is_int(closed, 2, "ending it again does nothing");
	fake_pass(&l->leg, 1, 10);
	is_int(r->sent, 3, "what is passed to a dead flow goes nowhere");
	flow_hold(&r->leg, true);
	is_int(held, 2, "nor does advice");
	is_int(tunnel->n_flows, 0, "it is counted no more");
	loop_turn(loop, 0);
	end();
}

static void
test_open(void)
{
	begin(NULL, NULL);
	at_open = REFUSE;
	ok(new_flow("") == NULL, "a right end that refuses refuses the flow");
	is_int(tunnel->n_flows, 0, "none is there");
	is_int(tunnel->lost[LOST_NO_FLOW], 1, "its datagram is counted");
	at_open = END_FLOW;
	ok(new_flow("") == NULL, "so does one that ends the flow in open");
	is_int(tunnel->n_flows, 0, "none is there");
	is_int(closed_unknown, 0, "the left is not asked to close a leg that "
	    "it never had");
	at_open = END_AND_REFUSE;
	ok(new_flow("") == NULL, "or does both");
	is_int(tunnel->n_flows, 0, "none is there");
	ok(list_empty(&tunnel->flows), "in the list neither");
	is_int(closed_unknown, 0, "nor is the left asked then");
	at_open = GO_UP;
	ok(new_flow("named") != NULL && alive(), "one that is up at once is fine");
	pass_ms(119999);
	ok(alive(), "it lives for 119.999 s");
	pass_ms(1);
	ok(!alive(), "and ends after 120 s");
	end();
	ok(true, "nothing is left of them");
}

static void
test_end_in_send(void)
{
	struct fake_leg *l;

	begin(NULL, NULL);
	l = new_flow("");
	at_send = END_FLOW;
	fake_pass(&l->leg, 5, 10);
	ok(l->leg.flow->dead, "a flow may end while a datagram is sent; it "
	    "can be looked at until the turn ends");
	is_int(closed, 2, "both legs are closed");
	at_send = NOTHING;
	loop_turn(loop, 0);
	l = new_flow("");
	at_send = PASS_BACK;
	fake_pass(&l->leg, 1, 10);
	ok(!l->leg.flow->dead && l->sent == 1, "send may pass something back");
	end();
}

static void
test_limits(void)
{
	struct fake_leg *l[5];
	unsigned i;

	begin2("max-flows", "3", "source-share", "100");
	for (i = 0; i < 5; i++)
		l[i] = new_flow("");
	ok(l[2] != NULL && l[3] == NULL && l[4] == NULL,
	    "no more flows than max-flows says");
	is_int(tunnel->lost[LOST_NO_FLOW], 2, "those refused are counted");
	is_int(opened, 3, "and not opened");
	for (i = 0; i < 1000; i++)
		new_flow("");
	ok(lines[LEVEL_WARN] <= 6, "a flood of them is a few lines");
	flow_end(l[0]->leg.flow, "test");
	ok(new_flow("") != NULL, "when one ends another may come");
	end();
}

/* How many ms a flow lives when the sides speak at those times. */
static uint64_t
lifetime(const char *mode, uint64_t left_ms, uint64_t right_ms)
{
	struct fake_leg *l;
	uint64_t began, at;

	begin("stale-mode", mode);
	l = new_flow("");
	began = now_ms;
	for (at = 0; alive() && at < 400000; at++) {
		if (at == left_ms)
			fake_pass(&l->leg, 1, 10);
		if (at == right_ms)
			fake_pass(leg_other(&l->leg), 1, 10);
		pass_ms(1);
	}
	at = now_ms - began;
	end();
	return at;
}

static void
test_idle(void)
{
	is_int(lifetime("both", 10000, 50000), 170000, "both: the later of the "
	    "two counts");
	is_int(lifetime("both", 60000, 50000), 180000, "both: whichever it is");
	is_int(lifetime("either", 10000, 50000), 130000, "either: the earlier "
	    "one");
	is_int(lifetime("left", 10000, 50000), 130000, "left: that of the "
	    "left");
	is_int(lifetime("right", 10000, 50000), 170000, "right: of the right");
	is_int(lifetime("right", 10000, 500000), 120000, "silence from the "
	    "start counts, too");

	begin("idle", "0");
	new_flow("named");
	now_ms += UINT64_C(1000) * 86400 * 365;
	loop_turn(loop, 0);
	ok(alive(), "idle 0: a flow lives for a year of silence");
	loop_turn(loop, -1);
	is_int(waited_ms, -1, "and sets no timer");
	end();
}

/* When the flow ends if with an idle time of 1 s each side speaks every 100 ms
 * up to a moment, the right from right_from_ms on; 0: it lives for 5 s. */
static uint64_t
short_life(const char *mode, uint64_t left_until_ms, uint64_t right_from_ms,
    uint64_t right_until_ms)
{
	struct fake_leg *l;
	uint64_t at;

	begin2("stale-mode", mode, "idle", "1");
	l = new_flow("");
	for (at = 0; alive() && at < 5000; at++) {
		if (at % 100 == 0 && at <= left_until_ms)
			fake_pass(&l->leg, 1, 10);
		if (at % 100 == 0 && at >= right_from_ms &&
		    at <= right_until_ms)
			fake_pass(leg_other(&l->leg), 1, 10);
		pass_ms(1);
	}
	if (alive())
		at = 0;
	end();
	return at;
}

/* The cases that were measured with dtlspipe v1.8.3, on whose side the first
 * packet is at 0.1 s where it is told as 1.1 s here as 1.0 s. */
static void
test_idle_as_dtlspipe(void)
{
	enum { NEVER = 9999, ALWAYS = 9999 };

	is_int(short_life("either", ALWAYS, NEVER, 0), 1000,
	    "either, the left alone speaks: 1 s");
	is_int(short_life("both", 2000, NEVER, 0), 3000,
	    "both, the left alone, for 2 s: 3 s");
	is_int(short_life("both", 1000, 0, 2000), 3000,
	    "both, the left for 1 s and the right for 2 s: 3 s");
	is_int(short_life("left", ALWAYS, NEVER, 0), 0,
	    "left, the left alone: for ever");
	is_int(short_life("left", 0, 0, ALWAYS), 1000,
	    "left, the right alone after one of the left: 1 s");
	is_int(short_life("right", ALWAYS, NEVER, 0), 1000,
	    "right, the left alone: 1 s");
	is_int(short_life("right", 0, 0, ALWAYS), 0,
	    "right, the right alone: for ever");
}

/* Connecting is no idleness. */
static void
test_up(void)
{
	struct fake_leg *l;

	begin(NULL, NULL);
	l = new_flow("a name");
	flow_up(&l->leg);
	pass_ms(60000);
	flow_up(leg_other(&l->leg));
	pass_ms(60000);
	flow_up(&l->leg);
	flow_up(leg_other(&l->leg));
	pass_ms(59999);
	ok(alive(), "idleness counts from when the later leg is up");
	pass_ms(1);
	ok(!alive(), "and then to its end");
	end();
}

/* However busy it is, a flow ends in time. */
static void
test_time_limit(void)
{
	struct fake_leg *l;
	uint64_t began, ms, low = UINT64_MAX, high = 0;
	unsigned i;

	begin("time-limit", "2.5");
	at_open = GO_UP;
	began = now_ms;
	l = new_flow("");
	pass_ms(1000);
	flow_up(&l->leg);
	while (alive()) {
		fake_pass(&l->leg, 1, 10);
		fake_pass(leg_other(&l->leg), 1, 10);
		pass_ms(1);
	}
	is_int(now_ms - began, 2500, "a flow with a time limit ends after it, "
	    "counted from its first moment");
	end();

	begin("time-limit", "0.01-0.02");
	for (i = 0; i < 400; i++) {
		began = now_ms;
		new_flow("");
		while (alive())
			pass_ms(1);
		ms = now_ms - began;
		low = ms < low ? ms : low;
		high = ms > high ? ms : high;
	}
	is_int(low, 10, "of a range the least is drawn");
	is_int(high, 19, "and all below the greatest");
	new_flow("");
	flow_end(LIST_ITEM(tunnel->flows.next, struct flow, link), "test");
	loop_turn(loop, -1);
	is_int(waited_ms, -1, "one that ends before leaves no timer");
	end();
}

/* New flows of an address in a time. */
static void
test_rate_limit(void)
{
	struct peer one = somebody("10.1.2.3:1"), other =
	    somebody("10.1.2.4:1"), nobody = somebody("");
	unsigned i, n;

	begin("rate-limit", "3/60");
	for (i = n = 0; i < 5; i++) {
		one.addr.port++;
		n += new_flow_of(&one) != NULL;
	}
	is_int(n, 3, "an address begins so many flows and no more");
	is_int(tunnel->lost[LOST_RATE], 2, "those refused are counted as "
	    "such");
	is_int(tunnel->lost[LOST_NO_FLOW], 0, "and not once more");
	is_int(opened, 3, "nor opened");
	ok(new_flow_of(&other) != NULL, "another address is not concerned");
	for (i = n = 0; i < 9; i++)
		n += new_flow_of(&nobody) != NULL;
	is_int(n, 9, "what has no address is not limited");
	pass_ms(120000);
	ok(new_flow_of(&one) != NULL, "after two windows it may again");
	for (i = 0; i < 1000; i++)
		new_flow_of(&one);
	ok(lines[LEVEL_WARN] <= 8, "a flood of them is a few lines");
	end();

	begin2("rate-limit", "2/60", "max-flows", "1");
	ok(flow_admit_ask(tunnel->end[LEFT], &one), "an end may ask early");
	ok(known_leg(flow_open_admitted(tunnel->end[LEFT], &one)) != NULL,
	    "and open the flow later");
	ok(new_flow_of(&one) == NULL, "there is a limit of all flows, too");
	is_int(tunnel->lost[LOST_NO_FLOW], 1, "counted for itself");
	ok(flow_open_admitted(tunnel->end[LEFT], &one) == NULL,
	    "also for those asked for early");
	flow_end(LIST_ITEM(tunnel->flows.next, struct flow, link), "test");
	ok(new_flow_of(&one) != NULL, "an early question counted once, a "
	    "refusal not at all");
	flow_end(LIST_ITEM(tunnel->flows.next, struct flow, link), "test");
	ok(new_flow_of(&one) == NULL, "then the rate is reached");
	end();
}

/* Ends all flows. */
static void
end_flows(void)
{
	while (alive())
		flow_end(LIST_ITEM(tunnel->flows.next, struct flow, link),
		    "test");
	pass_ms(0);
}

/* Each flow's beginning and end is a line, but for those of a flood. */
static void
test_flow_lines(void)
{
	unsigned i;

	begin(NULL, NULL);
	for (i = 0; i < 100; i++)
		new_flow("");
	end_flows();
	ok(n_began == 100 && n_ended == 100, "a hundred flows that begin and "
	    "end at once are told each");
	pass_ms(100000);
	for (i = 0; i < 600; i++) {
		new_flow("");
		pass_ms(1000);
		end_flows();
	}
	ok(n_began == 700 && n_ended == 700, "so is one each second, however "
	    "long");
	is_int(more_began + more_ended, 0, "and nothing is held back");
	end();
	is_int(more_began + more_ended, 0, "nor told of at the end");

	begin(NULL, NULL);
	for (i = 0; i < 20000; i++) {
		new_flow("");
		if (i % 10 == 9) {
			pass_ms(10);
			end_flows();
		}
	}
	printf("# %u began, %u ended\n", n_began, n_ended);
	ok(n_began >= 128 && n_began <= 160, "of 20,000 in 20 s some 150 are "
	    "told when they begin");
	ok(n_ended >= 128 && n_ended <= 160, "and as many when they end");
	pass_ms(130000);
	i = n_began;
	new_flow("");
	is_int(n_began, i + 1, "the next one is told");
	is_int(n_began + more_began, 20001, "with how many were not");
	for (i = 0; i < 99; i++)
		new_flow("");
	is_int(n_began + more_began, 20100, "and after two minutes 100 at "
	    "once are again");
	for (i = 0; i < 900; i++)
		new_flow("");
	end();
	is_int(n_began + more_began, 21000, "what is still held back at the "
	    "end is told then: of those that began");
	is_int(n_ended + more_ended, 21000, "and of those that ended");
}

/* Losses are told seldom, and not when the tunnel sleeps. */
static void
test_losses_told(void)
{
	struct fake_leg *l;
	unsigned i;

	begin("idle", "0");
	l = new_flow("");
	for (i = 0; i < 60000; i++) {
		flow_drop(&l->leg, LOST_QUEUE_OLD, 1);
		pass_ms(1);
	}
	ok(lines[LEVEL_WARN] >= 5 && lines[LEVEL_WARN] <= 6,
	    "a minute of losses is 6 lines");
	pass_ms(20000);
	i = lines[LEVEL_WARN];
	pass_ms(100000);
	is_int(lines[LEVEL_WARN], i, "no loss is no line");
	loop_turn(loop, -1);
	is_int(waited_ms, -1, "and no timer");
	end();
}

/* A tunnel that does not start stops what it started, and nothing else. */
static void
test_start(void)
{
	struct fake_end *left, *right;
	struct fault fault;

	plan_begin();
	loop = loop_new(NULL);
	tunnel = tunnel_new(loop, NULL, &source, &plan);
	left = (struct fake_end *)tunnel->end[LEFT];
	right = (struct fake_end *)tunnel->end[RIGHT];
	start_result[RIGHT] = -1;
	is_int(tunnel_start(tunnel, &fault), -1,
	    "a right end that does not start");
	is_str(fault.text, "not today", "says why");
	is_int(left->started, 0, "the left is not started");
	tunnel_stop(tunnel);
	is_int(left->stopped + right->stopped, 0, "and none is stopped");
	end();

	plan_begin();
	loop = loop_new(NULL);
	tunnel = tunnel_new(loop, NULL, &source, &plan);
	left = (struct fake_end *)tunnel->end[LEFT];
	right = (struct fake_end *)tunnel->end[RIGHT];
	start_result[RIGHT] = 0;
	start_result[LEFT] = -1;
	is_int(tunnel_start(tunnel, &fault), -1,
	    "a left end that does not start");
	tunnel_stop(tunnel);
	is_int(left->stopped, 0, "is not stopped");
	is_int(right->stopped, 1, "but the right is, once");
	end();
	start_result[LEFT] = 0;

	plan_begin();
	loop = loop_new(NULL);
	tunnel = tunnel_new(loop, NULL, &source, &plan);
	end();
	begin(NULL, NULL);
	new_flow("");
	new_flow("");
	tunnel_stop(tunnel);
	is_int(closed, 4, "stopping closes all legs");
	ok(new_flow("") == NULL, "and lets no flow in any more");
	tunnel_report(tunnel);
	end();
}

static void
test_words(void)
{
	unsigned i, bad = 0;

	for (i = 0; i < LOST_CAUSES; i++)
		bad += cause_text((enum cause)i) == NULL;
	is_int(bad, 0, "every cause has words");
}

int
main(void)
{
	if (sock_init() != 0)
		return 1;
	log_set_sink(count_line);
	test_life();
	test_open();
	test_end_in_send();
	test_limits();
	test_idle();
	test_idle_as_dtlspipe();
	test_up();
	test_time_limit();
	test_rate_limit();
	test_flow_lines();
	test_losses_told();
	test_start();
	test_words();
	return done_testing();
}
