# promise: mss= of a listening end bounds the segments of its connections (adit.8)
# file: src/net/tcp.c
# test: sim/test_black_hole
/^tcp_open(/,/^}/ s/if (options->mss != 0 \&\&/if (options->mss < 0 \&\&/
