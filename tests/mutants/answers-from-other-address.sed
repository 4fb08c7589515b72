# promise: answers come from the address that was asked, where an end listens on all of them (adit.8 ENDS; sock_send_to() in compat/sock.h)
# file: compat/sock_cmsg.c
# test: unit/test_udp
/^local4_set(/,/^}/ s/info->ipi_spec_dst = addr;/info->ipi_addr = addr;/
