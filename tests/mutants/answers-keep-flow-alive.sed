# promise: ICMP answers of our own count neither for idle time nor in statistics (DESIGN.md Rules; flow_answer() in tunnel/flow.h)
# file: src/tunnel/flow.c
# test: sim/test_ip_udp
/^flow_answer(/,/^}/ s/to->end->ops->send(to, d, n);/flow_pass(from, d, n);/
