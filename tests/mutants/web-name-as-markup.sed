# promise: names of strangers are text on the page (src/daemon/web.h)
# file: src/daemon/web_page.c
# test: unit/test_web_reply
/^put_peer_value(/,/^}/ s/escape_html(t, p->name);/text_add(t, "%s", p->name);/
