# promise: a peer that does not answer padded questions is left as it is (path_mtu_begin() in wire/path_mtu.h)
# file: src/wire/path_mtu.c
# test: unit/test_path_mtu
s/p->state = PATH_MTU_UNABLE;/&\
\t\tp->size = PATH_MTU_LEAST;/
