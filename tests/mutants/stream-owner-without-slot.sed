# promise: nothing is flushed while a piece of a stream is passed on (stream.c)
# file: src/net/stream.c
# test: unit/test_stream
s/^		arena_take(loop_arena(loop), slot, 2);$/		arena_take(loop_arena(loop), slot, 1);/
s/^		arena_give_back(loop_arena(loop), 1);$//
