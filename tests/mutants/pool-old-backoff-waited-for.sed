# promise: a datagram does not wait for a back-off of long ago (redial.h, redial_later())
# file: src/tunnel/redial.c
# test: unit/test_redial
/^redial_later(/,/^}/ s/began_ms + pause > now_ms ?/now_ms > 0 ?/
/^redial_later(/,/^}/ s/^	    began_ms + pause : now_ms, again);/	    now_ms + pause : began_ms, again);/
